import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  bestOf,
  type ChatGenerateOptions,
  generateVerifyChoose,
  type Model,
  majorityVote,
  type Progress,
  type ReplySample,
  thinkingCurve,
} from "../../engine/index.ts";
import { sums } from "../fixtures/sums.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const opened: Promise<Model>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", tinyFolder).then(({ model }) => model);
  return opened[0];
};
after(async () => (await opened[0])?.dispose());

const QUESTION = [{ role: "user", content: "7+5-3+8=?" }];
const SAMPLED = { temperature: 1.2, maxTokens: 60, seed: 3 };

async function chat(seed: number, options: ChatGenerateOptions = {}) {
  const reply = (await open()).chat(QUESTION, { ...SAMPLED, ...options, seed });
  for await (const _ of reply);
  const { message, answer, thinking, run, generation } = reply;
  const { tokens } = run.record;
  run.dispose();
  return { message, answer, thinking, tokens, text: generation.text };
}

/** Nothing is left on the device but weights. */
async function assertNothingLeft(model: Model, doing: () => Promise<unknown>): Promise<void> {
  model.freeIdle();
  const before = model.deviceMemory();
  await doing();
  model.freeIdle();
  assert.deepEqual(model.deviceMemory(), before);
}

describe("Model.chatAll", () => {
  it("gives the replies that chat gives one by one, in pieces and whole", async () => {
    const model = await open();
    const conversations = [QUESTION, [{ role: "user", content: "Define river." }], QUESTION];
    const batch = model.chatAll(conversations, SAMPLED);
    const contents = conversations.map(() => "");
    for await (const piece of batch)
      if (piece.kind === "content")
        contents[piece.conversation] = (contents[piece.conversation] ?? "") + piece.text;
    for (const [i, messages] of conversations.entries()) {
      const alone = model.chat(messages, { ...SAMPLED, seed: SAMPLED.seed + i });
      for await (const _ of alone);
      const together = batch.replies[i];
      assert.deepEqual(together?.message, alone.message);
      assert.equal(contents[i], alone.message.content);
      assert.deepEqual(together?.run.record.tokens, alone.run.record.tokens);
      assert.equal(together?.prompt, alone.prompt);
      assert.deepEqual([together?.answer, together?.thinking], [alone.answer, alone.thinking]);
      alone.run.dispose();
      together?.run.dispose();
    }
  });

  it("ends all replies where the loop is left, and keeps what was said", async () => {
    const model = await open();
    await assertNothingLeft(model, async () => {
      const batch = model.chatAll([QUESTION, QUESTION], SAMPLED);
      for await (const { kind } of batch) if (kind === "reasoning") break;
      for (const { finishReason, message, run } of batch.replies) {
        assert.equal(finishReason, "aborted");
        assert.equal(message.content, "");
        run.dispose();
      }
    });
    for (const wrong of ["hi", [QUESTION, "hi"], null])
      assert.throws(() => model.chatAll(wrong as never), {
        code: "ERR_CHAT",
        message: /^chatAll: /,
      });
  });
});

describe("what is asked of thinking in a chat", () => {
  it("reaches the template, the rules and the parts of the reply", async () => {
    const model = await open();
    const reply = model.chat(QUESTION, { temperature: 0, thinking: { budget: 4 } });
    for await (const _ of reply);
    assert.deepEqual(reply.thinking, { tokens: 4, ended: "budget", extended: 0 });
    assert.equal(reply.answer, "complete");
    assert.equal(
      reply.generation.text,
      `<think>${reply.message.reasoning}</think>${reply.message.content}`,
    );
    reply.run.dispose();
    const code = "ERR_OPTION";
    assert.throws(() => model.chat(QUESTION, { thinking: { budgt: 1 } as never }), { code });
    assert.throws(() => model.chat(QUESTION, { thinking: { effort: "much" } as never }), { code });
    assert.throws(() => model.chat(QUESTION, { thinking: { marks: 5 } as never }), { code });
    // the template of this model reads no reasoning_effort
    assert.throws(() => model.chat(QUESTION, { thinking: { effort: "low" } }), {
      code: "ERR_CHAT_OPTION",
    });
  });

  it("may name other marks, by which the reply is taken apart too", async () => {
    const model = await open();
    const marks = ["<think>", "="] as const;
    const reply = model.chat(QUESTION, { temperature: 0, thinking: { marks, budget: 2 } });
    for await (const _ of reply);
    assert.equal(reply.thinking.ended, "budget");
    assert.match(reply.generation.text, /^<think>7\+=/);
    assert.equal(reply.message.reasoning, "7+");
    reply.run.dispose();
  });

  it("tells an answer that a limit cut from one that was given, and from none", async () => {
    const states = await Promise.all(
      [1, 5, 30, 31, 60].map((maxTokens) => chat(0, { temperature: 0, maxTokens })),
    );
    const full = states.at(-1);
    assert.equal(full?.answer, "complete");
    for (const { answer, tokens } of states) {
      const generated = tokens.filter(({ phase }) => phase === "generated");
      const isOpen = generated.every(({ thinking }) => thinking);
      assert.equal(answer === "none", isOpen);
    }
    const answered = full?.tokens.filter(({ phase }) => phase === "generated").length ?? 0;
    assert.equal((await chat(0, { temperature: 0, maxTokens: answered })).answer, "cut");
    assert.equal((await chat(0, { temperature: 0, maxTokens: answered + 1 })).answer, "complete");
  });
});

describe("majorityVote", () => {
  it("counts what the replies of its seeds say", async () => {
    const model = await open();
    await assertNothingLeft(model, async () => {
      const heard: Progress[] = [];
      const onProgress = (progress: Progress) => heard.push(progress);
      const vote = await majorityVote(model, QUESTION, { n: 5, ...SAMPLED, onProgress });
      assert.equal(vote.samples.length, 5);
      for (const [i, { seed, message, state, thinking, vote: said }] of vote.samples.entries()) {
        const alone = await chat(SAMPLED.seed + i);
        assert.equal(seed, SAMPLED.seed + i);
        assert.deepEqual([message, state, thinking], [alone.message, alone.answer, alone.thinking]);
        assert.equal(said, state === "complete" ? message.content.trim() : null);
      }
      const counted = vote.votes.reduce((sum, { count }) => sum + count, 0);
      assert.equal(counted + vote.cut + vote.abstained, 5);
      assert.equal(vote.answer, vote.votes[0]?.answer);
      const done = heard.map((progress) => progress.done);
      assert.deepEqual(
        done,
        [...done].sort((a, b) => a - b),
      );
      assert.deepEqual(heard.at(-1), {
        stage: "replies",
        done: 5,
        total: 5,
        label: "majorityVote",
      });
    });
  });

  it("takes of equal ones what was said first, and leaves out who says nothing", async () => {
    const model = await open();
    const says = ["b", "a", null, "a", "b", "c"];
    const answerOf = ({ seed }: ReplySample) => says[seed] ?? null;
    const vote = await majorityVote(model, QUESTION, {
      ...{ n: 6, temperature: 0.1, seed: 0, answerOf },
    });
    assert.equal(vote.cut, 0);
    assert.equal(vote.answer, "b");
    assert.equal(vote.abstained, 1);
    assert.deepEqual(vote.votes, [
      { answer: "b", count: 2 },
      { answer: "a", count: 2 },
      { answer: "c", count: 1 },
    ]);
  });

  it("lets nobody vote whose answer was cut", async () => {
    const vote = await majorityVote(await open(), QUESTION, { n: 3, ...SAMPLED, maxTokens: 4 });
    assert.deepEqual([vote.answer, vote.votes, vote.cut, vote.abstained], [null, [], 3, 0]);
  });

  it("refuses what cannot be counted", async () => {
    const model = await open();
    const refused = (options: object, message: RegExp) =>
      assert.rejects(majorityVote(model, QUESTION, options as never), {
        code: "ERR_OPTION",
        message,
      });
    await refused({}, /^majorityVote n: expected a whole number of at least 1, got undefined\. /);
    await refused({ n: 0 }, /^majorityVote n: /);
    await refused(
      { n: 2, temperature: 0 },
      /^majorityVote temperature: expected one above 0 for 2 samples/,
    );
    await refused({ n: 2, generationConfig: {} }, /^majorityVote temperature: /);
    await refused(
      { n: 2, keep: "all" },
      /^majorityVote: expected one of its options .* got "keep"/,
    );
    await refused(
      { n: 1, answerOf: 5 },
      /^majorityVote answerOf: expected a function, got number\. /,
    );
    await refused(
      { n: 1, answerOf: () => 5 },
      /^majorityVote answerOf: expected it to return text or null/,
    );
    await refused(
      { n: 1, onProgress: 5 },
      /^majorityVote onProgress: expected a function, got number\. /,
    );
  });

  it("ends with its signal, and leaves nothing", async () => {
    const model = await open();
    await assertNothingLeft(model, async () => {
      const controller = new AbortController();
      const onProgress = () => controller.abort();
      const { signal } = controller;
      await assert.rejects(
        majorityVote(model, QUESTION, { n: 3, ...SAMPLED, signal, onProgress }),
        {
          name: "AbortedError",
        },
      );
      await assert.rejects(majorityVote(model, QUESTION, { n: 3, signal }), {
        name: "AbortedError",
      });
    });
  });
});

describe("bestOf", () => {
  it("takes the likeliest reply, per token or of all together", async () => {
    const model = await open();
    for (const by of ["mean", "sum"] as const) {
      const { best, samples, cut } = await bestOf(model, QUESTION, { n: 4, by, ...SAMPLED });
      for (const { seed, logprob, tokens } of samples) {
        const { tokens: all, thinking } = await chat(seed);
        const logprobs = all.flatMap((it) => (it.phase === "generated" ? [it.logprob ?? 0] : []));
        const sum = logprobs.reduce((a, b) => a + b, 0);
        assert.deepEqual(logprob, { sum, mean: sum / logprobs.length });
        assert.equal(tokens.thinking, thinking.tokens);
      }
      const complete = samples.filter(({ state }) => state === "complete");
      assert.equal(complete.length, 4 - cut);
      const highest = Math.max(...complete.map(({ logprob }) => logprob[by]));
      assert.equal(best, complete.find(({ logprob }) => logprob[by] === highest) ?? null);
    }
    await assert.rejects(bestOf(model, QUESTION, { n: 1, by: "max" as never }), {
      message: /^bestOf by: expected "mean" or "sum", got "max"\. /,
    });
  });

  it("counts no token that a rule put there", async () => {
    const options = { ...SAMPLED, thinking: { budget: 3 } };
    const { samples } = await bestOf(await open(), QUESTION, { n: 2, ...options });
    for (const { seed, logprob } of samples) {
      const { tokens } = await chat(seed, options);
      const chosen = tokens.filter(({ phase, forced }) => phase === "generated" && !forced);
      assert.equal(
        logprob.sum,
        chosen.reduce((sum, token) => sum + (token.logprob ?? 0), 0),
      );
    }
  });
});

describe("generateVerifyChoose", () => {
  it("chooses the highest verdict, of equal ones the first, and never one that failed", async () => {
    const model = await open();
    const ask = (verdicts: readonly unknown[]) =>
      generateVerifyChoose(model, QUESTION, {
        ...{ n: verdicts.length, temperature: 0.1, seed: 0 },
        verify: async ({ seed }) => verdicts[seed] as boolean,
      });
    const chosen = async (verdicts: readonly unknown[]) =>
      (await ask(verdicts)).chosen?.seed ?? null;
    assert.equal(await chosen([false, true, true]), 1);
    assert.equal(await chosen([0.5, 2, -1, 2]), 1);
    assert.equal(await chosen([false, -3]), 1);
    assert.equal(await chosen([false, false]), null);
    const { samples, passed, cut } = await ask([false, 0, true]);
    assert.deepEqual(
      samples.map(({ verdict }) => verdict),
      [false, 0, true],
    );
    assert.deepEqual([passed, cut], [2, 0]);
    for (const wrong of [Number.NaN, "yes", undefined])
      await assert.rejects(ask([wrong]), {
        message:
          /^generateVerifyChoose verify: expected it to return true, false or a number, got /,
      });
    await assert.rejects(generateVerifyChoose(model, QUESTION, { n: 1 } as never), {
      message: /^generateVerifyChoose verify: expected a function, got undefined\. /,
    });
  });
});

describe("thinkingCurve", () => {
  const tasks = [3, 5].flatMap((terms) =>
    sums(terms, 6, terms).map((sum) => ({ kind: `${terms} terms`, ...sum })),
  );

  it("counts right, wrong and cut replies by kind and budget", async () => {
    const model = await open();
    await assertNothingLeft(model, async () => {
      const heard: Progress[] = [];
      const curve = await thinkingCurve(model, {
        ...{ tasks, budgets: [0, 6, null], temperature: 0, maxTokens: 27 },
        onProgress: (progress) => heard.push(progress),
      });
      assert.equal(curve.model, model.name);
      assert.deepEqual(
        curve.curves.map(({ name }) => name),
        ["3 terms", "5 terms"],
      );
      for (const { name, points } of curve.curves) {
        assert.deepEqual(
          points.map(({ budget }) => budget),
          [0, 6, null],
        );
        for (const [at, point] of points.entries()) {
          const of = tasks.filter(({ kind }) => kind === name);
          const asked = await Promise.all(
            of.map(async ({ question, answer }) => {
              const { budget } = point;
              const reply = model.chat([{ role: "user", content: question }], {
                ...{ temperature: 0, maxTokens: 27 },
                ...(budget !== null && { thinking: { budget } }),
              });
              for await (const _ of reply);
              reply.run.dispose();
              const isRight = reply.message.content.trim() === answer;
              return { isRight, state: reply.answer, thinking: reply.thinking };
            }),
          );
          const complete = asked.filter(({ state }) => state === "complete");
          const right = complete.filter(({ isRight }) => isRight);
          assert.deepEqual(
            [point.n, point.right, point.wrong, point.cut],
            [6, right.length, complete.length - right.length, 6 - complete.length],
          );
          const byBudget = right.filter(({ thinking }) => thinking.ended === "budget");
          assert.equal(point.rightAfterBudget, byBudget.length);
          const tokens = asked.reduce((sum, { thinking }) => sum + thinking.tokens, 0);
          assert.equal(point.thinkingTokens, tokens / 6);
          assert.ok(point.low <= point.share && point.share <= point.high, `point ${at}`);
        }
      }
      // what needs more than 27 tokens is cut, not wrong
      assert.ok((curve.curves[1]?.points[2]?.cut ?? 0) > 0);
      assert.equal(curve.curves[1]?.points[2]?.wrong, 0);
      assert.deepEqual(heard.at(-1), { stage: "replies", done: 36, total: 36, label: "no limit" });
    });
  });

  it("asks a function whether a reply is right, and refuses what is no task", async () => {
    const model = await open();
    const question = [{ role: "user", content: "1+1=?" }];
    const answer = ({ message }: ReplySample) => message.content === "2";
    const curve = await thinkingCurve(model, {
      ...{ tasks: [{ kind: "sum", question, answer }], budgets: [null], temperature: 0 },
    });
    assert.equal(curve.curves[0]?.points[0]?.right, 1);
    const refused = (options: object, message: RegExp) =>
      assert.rejects(thinkingCurve(model, { tasks, budgets: [1], ...options } as never), {
        message,
      });
    await refused(
      { tasks: [] },
      /^thinkingCurve tasks: expected at least one task, .*, got none\. /,
    );
    await refused({ tasks: [{ kind: "a" }] }, /^thinkingCurve tasks: .* got \{"kind":"a"\}\. /);
    await refused(
      { budgets: [-1] },
      /^thinkingCurve budgets: expected a list of whole numbers .* got \[-1\]\. /,
    );
    await refused({ thinking: { budget: 2 } }, /^thinkingCurve thinking: expected no budget/);
  });
});
