import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { evaluate } from "../../engine/evaluate/evaluate.node.ts";
import { sampleSeed } from "../../engine/evaluate/sampleSeed.ts";
import {
  arithmeticTask,
  clozeTask,
  compareArms,
  type EvaluatedSample,
  type EvaluateOptions,
  heads,
  type Model,
  multipleChoice,
  numericMatch,
  type Progress,
  recallTask,
  rubric,
  type Task,
  zero,
} from "../../engine/index.node.ts";
import { HEAD_METRICS } from "../../engine/trace/schema.ts";
import { openModel, tinyFolder } from "./openModel.ts";

let model: Model;
before(async () => {
  ({ model } = await openModel("cpu", tinyFolder));
});
after(() => model.dispose());

/** Nothing is left on the device but weights. */
async function leavesNothing<Result>(doing: () => Promise<Result>): Promise<Result> {
  model.freeIdle();
  const before = model.deviceMemory();
  const result = await doing();
  model.freeIdle();
  assert.deepEqual(model.deviceMemory(), before);
  return result;
}

const SUMS = arithmeticTask({ n: 9, size: 3, seed: 2 });
const SAMPLED: EvaluateOptions = { temperature: 2, maxTokens: 40, seed: 11, epochs: 2 };
const metricValue = (
  metrics: readonly { readonly metric: string; readonly value: number }[],
  name: string,
) => metrics.find(({ metric }) => metric === name)?.value;

describe("evaluate", () => {
  it("gives the replies that chat gives alone with the seed of each sample", async () => {
    const { samples } = await leavesNothing(() => evaluate(model, SUMS, SAMPLED));
    assert.equal(samples.length, 18);
    for (const row of samples) {
      const { question, target } = SUMS.samples[row.index] ?? { question: "", target: 0 };
      const seed = sampleSeed(11, row.sample, row.epoch);
      const { temperature = 2, maxTokens = 40 } = SAMPLED;
      const chat = model.chat([{ role: "user", content: question }], {
        temperature,
        maxTokens,
        seed,
      });
      for await (const _ of chat);
      const { message, answer, thinking, run } = chat;
      const generated = run.record.tokens.filter(({ phase }) => phase === "generated");
      run.dispose();
      assert.deepEqual(
        [row.seed, row.reply, row.reasoning, row.target],
        [seed, message.content, message.reasoning, String(target)],
      );
      const isRight = Number(message.content) === target;
      assert.equal(row.outcome, answer !== "complete" ? "cut" : isRight ? "right" : "wrong");
      assert.equal(row.thinkingTokens, thinking.tokens);
      const sum = generated.reduce((total, { logprob }) => total + (logprob ?? 0), 0);
      assert.equal(row.logprob, sum);
    }
    const replies = new Set(samples.map(({ reasoning }) => reasoning));
    assert.ok(replies.size > 9, "epochs differ");
  });

  it("gives the same whatever goes together, and in whatever order samples stand", async () => {
    const whole = await evaluate(model, SUMS, { ...SAMPLED, atOnce: 32, passAt: [1, 2] });
    for (const options of [{ atOnce: 1 }, { atOnce: 7 }, { atOnce: 3, sharePrefix: false }]) {
      const other = await evaluate(model, SUMS, { ...SAMPLED, ...options, passAt: [1, 2] });
      assert.deepEqual(other.samples, whole.samples);
      assert.deepEqual(other.metrics, whole.metrics);
      assert.deepEqual(other.intervals, whole.intervals);
      assert.deepEqual(await other.toParquet(), await whole.toParquet());
    }
    const named: Task = {
      ...(SUMS as unknown as Task),
      samples: SUMS.samples.map((sample, index) => ({ ...sample, id: index })).toReversed(),
    };
    const turned = await evaluate(model, named, SAMPLED);
    const byId = (samples: readonly EvaluatedSample[]) =>
      new Map(samples.map(({ index: _, ...row }) => [`${row.sample} ${row.epoch}`, row]));
    assert.deepEqual([...byId(turned.samples)].sort(), [...byId(whole.samples)].sort());
  });

  it("makes an arm of each budget and of each list of edits, with the same random numbers", async () => {
    const options: EvaluateOptions = {
      ...{ temperature: 0, maxTokens: 60 },
      thinking: [{ budget: 0 }, {}],
      edits: { whole: [], cut: [heads({ layer: 4, head: 3 }).mask()] },
    };
    const result = await leavesNothing(() => evaluate(model, SUMS, options));
    const arms = result.arms();
    assert.deepEqual(Object.keys(arms), [
      "edits whole, thinking budget 0",
      "edits whole, thinking free",
      "edits cut, thinking budget 0",
      "edits cut, thinking free",
    ]);
    assert.ok(
      result.samples
        .filter(({ thinking }) => thinking === "budget 0")
        .every((it) => it.thinkingTokens === 0),
    );
    const free = arms["edits whole, thinking free"] ?? [];
    assert.ok(free.filter(({ outcome }) => outcome === "right").length >= 8);
    const replies = (name: string) => (arms[name] ?? []).map((it) => it.reasoning + it.reply);
    assert.notDeepEqual(replies("edits cut, thinking free"), replies("edits whole, thinking free"));
    const [first] = free;
    const [question] = SUMS.samples;
    const alone = model.chat([{ role: "user", content: question?.question ?? "" }], {
      ...{ temperature: 0, maxTokens: 60, thinking: {} },
    });
    for await (const _ of alone);
    assert.equal(first?.reasoning, alone.message.reasoning);
    alone.run.dispose();
    const compared = compareArms(arms, { baseline: "edits whole, thinking free" });
    assert.equal(compared.length, 3);
    assert.ok((compared[0]?.difference ?? 0) < 0, "thinking helps");
    assert.match(`${result}`, /edits whole, thinking free: 0\.\d+|1\.000/);
  });

  it("counts replies that a limit cut apart from wrong ones", async () => {
    const { samples, metrics } = await evaluate(model, SUMS, { temperature: 0, maxTokens: 6 });
    assert.ok(
      samples.every(
        ({ outcome, score, answer }) => outcome === "cut" && score === null && answer === null,
      ),
    );
    assert.equal(metricValue(metrics, "accuracy"), 0);
    assert.equal(metricValue(metrics, "accuracy_upper"), 1);
    assert.equal(metricValue(metrics, "cut_share"), 1);
  });

  it("continues plain text, and judges all of it", async () => {
    const task: Task<{ q: string; target: string }> = {
      name: "text",
      samples: [{ q: "And God said", target: "x" }],
      prompt: ({ q }) => q,
      scorer: ({ text }) => text.length / 1000,
    };
    const { samples } = await evaluate(model, task, {
      maxTokens: 9,
      ignoreEos: true,
      temperature: 0,
      stop: [" "],
    });
    const [row] = samples;
    const alone = model.generate("And God said", {
      ...{ maxTokens: 9, ignoreEos: true, temperature: 0, stop: [" "] },
    });
    for await (const _ of alone);
    assert.equal(row?.reply, alone.text);
    assert.equal(row?.outcome, alone.answer === "complete" ? "wrong" : "cut");
    alone.run.dispose();
  });

  it("has a model judge replies", async () => {
    const scorer = rubric({ judge: model, scale: [0, 9], ask: () => "2+3=?" });
    const task = { ...SUMS, samples: SUMS.samples.slice(0, 2), scorer };
    const { samples, metrics } = await leavesNothing(() => evaluate(model, task));
    assert.deepEqual(
      samples.map(({ outcome, score, note }) => [outcome, score, note]),
      [0, 1].map(() => ["wrong", 5 / 9, "5"]),
    );
    assert.equal(metricValue(metrics, "score"), 5 / 9);
  });

  it("tells how far it is, and ends with its signal", async () => {
    const heard: Progress[] = [];
    await evaluate(model, SUMS, { ...SAMPLED, atOnce: 2, onProgress: (it) => heard.push(it) });
    const done = heard.map((it) => it.done);
    assert.deepEqual(
      done,
      done.toSorted((a, b) => a - b),
    );
    const last = { stage: "evaluate", done: 18, total: 18, label: "as it is" };
    assert.deepEqual([heard[0]?.done, heard.at(-1)], [0, last]);
    await leavesNothing(async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const onProgress = ({ done }: Progress) => done > 3 && controller.abort();
      await assert.rejects(evaluate(model, SUMS, { ...SAMPLED, atOnce: 2, signal, onProgress }), {
        name: "AbortedError",
      });
      await assert.rejects(evaluate(model, clozeTask({ n: 2 }), { signal }), {
        name: "AbortedError",
      });
    });
  });

  it("names a scorer that throws, and frees what it held", async () => {
    const scorer = () => {
      throw new RangeError("no such thing");
    };
    await leavesNothing(() =>
      assert.rejects(evaluate(model, { ...SUMS, scorer }), {
        code: "ERR_SCORER",
        cause: new RangeError("no such thing"),
      }),
    );
    for (const wrong of ["yes", 2, Number.NaN, undefined])
      await assert.rejects(evaluate(model, { ...SUMS, scorer: () => wrong as never }), {
        code: "ERR_TASK",
        message: /^scorer on sample "0": expected true, false or a number from 0 to 1/,
      });
    const silent = {
      kind: "reply" as const,
      name: "silent",
      judge: async () => undefined as never,
    };
    await assert.rejects(evaluate(model, { ...SUMS, scorer: silent }), {
      code: "ERR_TASK",
      message: /^scorer on sample "0": expected true, false or a number from 0 to 1, got nothing/,
    });
    const numbers = () => ({ score: 1, answer: 42 as never });
    await assert.rejects(evaluate(model, { ...SUMS, scorer: numbers }), {
      code: "ERR_TASK",
      message: /^scorer on sample "0" answer: expected text, or nothing, got 42\. Write String/,
    });
  });

  it("refuses what cannot be", async () => {
    const refused = (options: object, message: RegExp) =>
      assert.rejects(evaluate(model, SUMS, options), { code: "ERR_OPTION", message });
    await refused({ epochs: 0 }, /^evaluate epochs: expected a whole number of at least 1, got 0/);
    await refused({ passAt: [2] }, /^evaluate passAt: expected a whole number from 1 to 1, got 2/);
    await refused({ shards: 2, shard: 2 }, /^evaluate shard: expected a whole number from 0 to 1/);
    await refused({ edits: [zero("hook_embed")] }, /^evaluate edits: expected names/);
    await refused({ edits: {} }, /^evaluate edits: expected names/);
    await refused({ patienceMs: 1 }, /^evaluate patienceMs: expected none, as the model runs here/);
    await refused({ thinking: [] }, /^evaluate thinking: expected a list of different rules/);
    await refused({ thinking: [{ budget: 1 }, { budget: 1 }] }, /^evaluate thinking: /);
    await refused({ folder: "" }, /^evaluate folder: /);
    await refused({ speculate: "auto" }, /^evaluate speculate: expected "mtp" or "off"/);
    await refused({ keep: "all" }, /^evaluate: expected one of its options/);
    const text = { ...SUMS, messages: undefined, prompt: () => "a" } as unknown as Task;
    await assert.rejects(evaluate(model, text, { tools: [] }), { message: /^evaluate tools: / });
    await assert.rejects(evaluate(model, text, { thinking: true }), {
      message: /^evaluate thinking: expected a budget/,
    });
  });
});

describe("evaluate with choices", () => {
  it("compares the log probabilities that run tells of each", async () => {
    const task = clozeTask({ n: 5, seed: 1 });
    const { samples, metrics } = await leavesNothing(() => evaluate(model, task));
    for (const { index, choices, prompt, answer, outcome } of samples) {
      const sample = task.samples[index];
      assert.equal(prompt, sample?.story);
      const sums: number[] = [];
      for (const [i, choice] of (sample?.choices ?? []).entries()) {
        const run = await model.run(`${prompt} ${choice}`);
        const start = model.tokenizer.encode(prompt).length;
        const sum = run.record.tokens
          .slice(start)
          .reduce((total, { logprob }) => total + (logprob ?? 0), 0);
        run.dispose();
        assert.equal(choices?.[i]?.logprob, sum);
        assert.equal(choices?.[i]?.bytes, choice.length);
        sums.push(sum);
      }
      assert.equal(answer, sample?.choices[sums.indexOf(Math.max(...sums))]);
      assert.equal(outcome === "right", answer === sample?.target);
    }
    assert.ok(metrics.some(({ metric }) => metric === "accuracy_byte"));
  });

  it("gives the same whatever goes together", async () => {
    const task = clozeTask({ n: 9 });
    const whole = await evaluate(model, task);
    const other = await evaluate(model, task, { atOnce: 2, sharePrefix: false });
    assert.deepEqual(other.samples, whole.samples);
  });

  it("of a conversation stand behind what opens the answer", async () => {
    const [asked] = recallTask({ kind: "lookup", n: 1, seed: 4 }).samples;
    assert.ok(asked);
    const { question, target } = asked;
    const task: Task = {
      name: "digits",
      samples: [{ choices: [..."0123456789"], target }],
      messages: () => [{ role: "user", content: question }],
      scorer: multipleChoice({ choices: ({ choices }) => choices as string[] }),
    };
    const { samples } = await evaluate(model, task);
    assert.equal(samples[0]?.prompt, model.chatPrompt([{ role: "user", content: question }]));
    const [ofZero] = samples[0]?.choices ?? [];
    const messages = [
      { role: "user", content: question },
      { role: "assistant", content: "0" },
    ];
    const run = await model.run(messages);
    const digit = run.tokens.findLast(({ text }) => text === "0");
    assert.equal(ofZero?.logprob, digit?.logprob);
    run.dispose();
  });

  it("has edits for arms, and refuses what chooses tokens", async () => {
    const edits = { whole: [], none: [zero("hook_embed")] };
    const { metrics } = await evaluate(model, clozeTask({ n: 6 }), { edits });
    const [whole, none] = metrics.filter(({ metric }) => metric === "accuracy");
    assert.notEqual(whole?.value, none?.value);
    for (const options of [{ temperature: 1 }, { epochs: 2 }, { thinking: true }, { maxTokens: 5 }])
      await assert.rejects(evaluate(model, clozeTask({ n: 1 }), options), {
        code: "ERR_OPTION",
        message: /expected none, as the task compares log probabilities/,
      });
  });
});

describe("what evaluate captures", () => {
  it("are the numbers that a run of the same tokens has", async () => {
    const site = "blocks.3.hook_resid_post";
    const task = { ...SUMS, samples: SUMS.samples.slice(0, 2) };
    const result = await leavesNothing(() =>
      evaluate(model, task, {
        ...{ temperature: 0, maxTokens: 40, speculate: "mtp" },
        capture: {
          routes: true,
          drafts: true,
          headMetrics: true,
          sites: { [site]: ["prompt", "answer", -1] },
        },
      }),
    );
    assert.deepEqual(Object.keys(result.captures), ["routes", "drafts", "head_metrics", "sites"]);
    const [row] = result.samples;
    const of = (table: string) =>
      (result.captures[table] ?? []).filter(({ sample }) => sample === row?.sample);
    const chat = model.chat([{ role: "user", content: task.samples[0]?.question ?? "" }], {
      ...{ temperature: 0, maxTokens: 40, seed: row?.seed ?? 0, speculate: "mtp", capture: site },
    });
    for await (const _ of chat);
    const { run } = chat;
    const { indices, weights } = await run.routing();
    assert.deepEqual(
      of("routes").map(({ expert }) => expert),
      [...indices],
    );
    assert.deepEqual(
      of("routes").map(({ weight }) => weight),
      [...weights],
    );
    const { layers, nTokens, nExpertsPerToken: k } = await run.routing();
    const route = of("routes")[(2 * nTokens + 3) * k + 1];
    assert.deepEqual([route?.layer, route?.token, route?.slot], [layers[2], 3, 1]);
    const drafts = run.tokens.filter(({ draft }) => draft !== undefined);
    assert.deepEqual(
      of("drafts").map(({ verdict }) => verdict),
      drafts.map(({ draft }) => draft?.verdict),
    );
    const means = (await run.headMetrics({ layer: 4 })).means;
    const ofLayer = of("head_metrics").filter(({ layer }) => layer === 4);
    assert.deepEqual(
      ofLayer.map(({ previous }) => previous),
      [0, 1, 2, 3].map((head) => means[head * HEAD_METRICS.length]),
    );
    const prompt = run.tokens.findLastIndex(({ phase }) => phase === "prompt");
    const kept = of("sites").filter(({ token }) => token === prompt);
    assert.deepEqual(
      kept.map(({ value }) => value),
      [...(await run.get(site, { token: prompt })).data],
    );
    assert.equal(of("sites").length, 3 * 192);
    run.dispose();
    assert.ok((await result.toParquet("sites")).length > 1000);
    await assert.rejects(result.toParquet("none"), /expected one of routes, drafts/);
  });

  it("are refused where they may not fit, or are none", async () => {
    const refused = (capture: object, message: RegExp) =>
      assert.rejects(evaluate(model, SUMS, { maxTokens: 40, capture }), {
        code: "ERR_OPTION",
        message,
      });
    await refused(
      { routes: true, bytes: 1000 },
      /^evaluate capture: expected at most 1000 bytes for 9 replies, .*, got \d+\. /,
    );
    await refused({ sites: { "blocks.0.attn.hook_pattern": [0] } }, /one row for each token/);
    await refused({ sites: { nothing: [0] } }, /one row for each token, got "nothing"/);
    await refused({ sites: { hook_embed: ["first"] } }, /^evaluate capture sites hook_embed: /);
    await refused({ routes: 1 }, /^evaluate capture routes: expected true or false, got 1/);
  });
});

describe("exports", () => {
  it("have the fields that lm-eval writes and Inspect documents", async () => {
    const result = await evaluate(model, SUMS, { ...SAMPLED, atOnce: 16 });
    const lines = result
      .toLmEval()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 9);
    const [first] = lines;
    const own = result.samples.filter(({ index }) => index === 0);
    assert.deepEqual(first.resps, [own.map(({ reply }) => reply)]);
    assert.equal(first.exact_match, own.filter(({ outcome }) => outcome === "right").length / 2);
    assert.deepEqual([first.doc_id, first.target, first.filter], [0, own[0]?.target, "none"]);
    const choices = await evaluate(model, clozeTask({ n: 2 }));
    const [ofChoices] = choices.toLmEval().split("\n");
    const { resps, target, acc } = JSON.parse(ofChoices ?? "");
    assert.deepEqual(
      resps.map((it: [[string]]) => Number(it[0][0])),
      choices.samples[0]?.choices?.map(({ logprob }) => logprob),
    );
    assert.equal(target, String(choices.samples[0]?.choices?.findIndex(({ isRight }) => isRight)));
    const requests = Object.values(JSON.parse(ofChoices ?? "").arguments);
    assert.deepEqual(
      requests,
      choices.samples[0]?.choices?.map(({ text }) => ({
        arg_0: choices.samples[0]?.prompt,
        arg_1: text,
      })),
    );
    assert.equal(acc, Number(choices.samples[0]?.outcome === "right"));
    const log = result.toInspect();
    assert.deepEqual([log.version, log.status, log.samples.length], [2, "success", 18]);
    assert.deepEqual(log.samples.map(({ epoch }) => epoch).slice(0, 2), [1, 2]);
    assert.equal(numericMatch().kind, "reply");
  });
});
