import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import {
  change,
  type GenerateOptions,
  type Generation,
  InputError,
  type Model,
  type Run,
  scale,
} from "../../engine/index.ts";
import { assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openModel, tinyFolder } from "./openModel.ts";

const { ids } = expected("llama3");
const T = ids.length;
const GREEDY = { maxTokens: 5, temperature: 0, ignoreEos: true, chunkSize: 7 } as const;

type Name = "cpu" | "reference" | "webgpu";
const opened = new Map<string, Promise<{ model: Model; backend: Backend }>>();
async function open(name: Name, folder = fixtureFolder("llama3"), prefixCacheBytes = 0) {
  const key = `${name} ${folder} ${prefixCacheBytes}`;
  const pair = opened.get(key) ?? openModel(name, folder, { prefixCacheBytes });
  opened.set(key, pair);
  return (await pair).model;
}
after(async () => {
  for (const pair of opened.values()) (await pair).model.dispose();
});

async function finished(generation: Generation): Promise<Run> {
  for await (const _ of generation);
  return generation.run;
}
const generate = (model: Model, prompt: readonly number[], options: GenerateOptions = {}) =>
  finished(model.generate(prompt, { ...GREEDY, ...options }));

/** The same run but for what was not asked for. */
function assertSameButPrompt(without: Run, whole: Run, nPrompt: number): void {
  assert.equal(without.record.promptLogprobs, false);
  assert.equal(whole.record.promptLogprobs, undefined);
  const nulls = whole.tokens.map((token, t) => (t < nPrompt ? { ...token, logprob: null } : token));
  assert.deepEqual(without.tokens, nulls);
  assert.ok(whole.tokens.slice(1).every(({ logprob }) => typeof logprob === "number"));
  assertSameBits(without.logits, whole.logits, "logits");
  assert.deepEqual(without.logitRows, whole.logitRows);
}

for (const name of ["cpu", "reference", "webgpu"] as const)
  describe(`generations without log probabilities of the prompt on ${name}`, () => {
    it("have the tokens, log probabilities and logits of those with them, bit for bit", async () => {
      const model = await open(name);
      for (const options of [
        {},
        { temperature: 0.8, seed: 7 },
        { chunkSize: T },
        { chunkSize: 1 },
      ]) {
        const whole = await generate(model, ids, options);
        const without = await generate(model, ids, { ...options, promptLogprobs: false });
        assertSameButPrompt(without, whole, T);
        whole.dispose();
        without.dispose();
      }
    });

    it("give every row of logits and every site by a replay", async () => {
      const model = await open(name);
      const whole = await generate(model, ids, { logits: "all" });
      const without = await generate(model, ids, { promptLogprobs: false });
      assertSameBits(await without.get("hook_logits"), whole.logits, "logits");
      const site = "blocks.0.hook_resid_post";
      assertSameBits(await without.get(site), await whole.get(site), site);
    });

    it("keep the rows that are asked for", async () => {
      const model = await open(name);
      for (const logits of ["all", [0, 8, -1, -T]] as const) {
        const whole = await generate(model, ids, { logits });
        const without = await generate(model, ids, { logits, promptLogprobs: false });
        assertSameButPrompt(without, whole, T);
      }
    });

    it("are the same among others", async () => {
      const model = await open(name);
      const prompts = [ids, ids.slice(0, 9), [...ids.slice(0, 9), 5, 6], ids.slice(3)];
      for (const sharePrefix of [true, false]) {
        const options = { ...GREEDY, promptLogprobs: false, sharePrefix };
        const texts = await model.generateAll(prompts, options).all();
        for (const [i, { run }] of texts.entries()) {
          const prompt = prompts[i] as number[];
          const whole = await generate(model, prompt);
          assertSameButPrompt(run, whole, prompt.length);
          assertSameBits(await run.get("hook_logits"), await whole.get("hook_logits"), "replayed");
        }
      }
      const batch = model.together({ chunkSize: GREEDY.chunkSize, contextLength: 2 * T });
      const { chunkSize: _, ...each } = GREEDY;
      const runs = await Promise.all(
        prompts.map((prompt, i) =>
          finished(batch.generate(prompt, { ...each, promptLogprobs: i % 2 === 1 })),
        ),
      );
      batch.dispose();
      for (const [i, prompt] of prompts.entries()) {
        const whole = await generate(model, prompt);
        if (i % 2 === 0) assertSameButPrompt(runs[i] as Run, whole, prompt.length);
        else assert.deepEqual(runs[i]?.tokens, whole.tokens);
      }
    });
  });

describe("promptLogprobs: false", () => {
  it("costs the head of one row of the prompt, and its weights in the step that computes it", async () => {
    const model = await open("cpu");
    const head = (run: Run) => run.cost().classes.find(({ costClass }) => costClass === "head");
    const [whole, without] = [
      await generate(model, ids),
      await generate(model, ids, { promptLogprobs: false }),
    ];
    const { dModel, nVocab } = model.spec;
    const flopsOfRow = 2 * dModel * nVocab;
    const [ofAll, ofLast] = [head(whole)?.flops ?? 0, head(without)?.flops ?? 0];
    assert.equal(Math.round(ofAll - ofLast), (T - 1) * flopsOfRow);
    const nSteps = Math.ceil(T / GREEDY.chunkSize) + GREEDY.maxTokens;
    const bytes = (head(whole)?.weightBytes ?? 0) / nSteps;
    assert.ok(bytes > 0);
    const ofOne = head(without)?.weightBytes ?? 0;
    assert.equal(Math.round(ofOne), Math.round(bytes * (1 + GREEDY.maxTokens)));
    const flops = (run: Run) => run.cost().tokens.map((token) => token.flops);
    const difference = flops(whole).map((all, t) => Math.round(all - (flops(without)[t] ?? 0)));
    assert.deepEqual(difference.slice(0, T - 1), new Array(T - 1).fill(flopsOfRow));
    assert.deepEqual(new Set(difference.slice(T - 1)), new Set([0]));
  });

  it("is measured: the head is one call in the prompt's steps", async () => {
    const model = await open("cpu");
    const run = await generate(model, ids, { promptLogprobs: false, profile: true });
    const calls = run
      .profile()
      .filter(({ phase, name }) => phase === "prefill" && name === "hook_logits");
    assert.deepEqual(
      calls.map((row) => row.calls),
      [1],
    );
    const embeds = run.profile().find(({ phase, kind }) => phase === "prefill" && kind === "embed");
    assert.equal(embeds?.calls, Math.ceil(T / GREEDY.chunkSize));
    assert.ok(run.profile().every(({ timeNs }) => timeNs >= 0));
    const { traceEvents } = run.profileTrace();
    const heads = traceEvents.filter(
      (event) => "args" in event && "writes" in event.args && event.args.writes === "hook_logits",
    );
    assert.equal(heads.length, 1 + GREEDY.maxTokens);
  });

  it("leaves rows in the cache of prefixes that others with log probabilities do not take", async () => {
    const model = await open("cpu", fixtureFolder("llama3"), 2 ** 24);
    const fresh = await generate(model, ids);
    model.freeIdle();
    const first = await generate(model, ids, { promptLogprobs: false });
    const second = await generate(model, ids, { promptLogprobs: false });
    assert.equal(second.sharedPrefixTokens, T - 1);
    assert.deepEqual(second.tokens, first.tokens);
    const scored = await generate(model, ids);
    assert.equal(scored.sharedPrefixTokens, 0);
    assert.deepEqual(scored.tokens, fresh.tokens);
    const later = await generate(model, ids, { promptLogprobs: false });
    assert.equal(later.sharedPrefixTokens, T - 1);
    const taken = await generate(model, ids);
    assert.equal(taken.sharedPrefixTokens, T - 1);
    assert.deepEqual(taken.tokens, fresh.tokens);
  });

  it("drafts, thinks and chats as ever", async () => {
    const model = await open("cpu", tinyFolder);
    const prompt = Array.from({ length: 20 }, (_, i) => 3 + i);
    assert.notEqual(model.spec.mtp, null);
    const question = [{ role: "user", content: "7+5-3+8=?" }];
    const budget = 6;
    for (const [input, options] of [
      [prompt, { speculate: "mtp", maxTokens: 12 }],
      [question, { thinking: { budget }, maxTokens: 24, ignoreEos: false }],
      [question, { thinking: { budget }, speculate: "mtp", maxTokens: 24, ignoreEos: false }],
    ] as const) {
      const [whole, without] = [true, false].map((promptLogprobs) =>
        model.generate(input, { ...GREEDY, ...options, promptLogprobs }),
      ) as [Generation, Generation];
      const runs = [await finished(whole), await finished(without)] as const;
      const nPrompt = runs[0].tokens.filter(({ phase }) => phase === "prompt").length;
      assertSameButPrompt(runs[1], runs[0], nPrompt);
      assert.deepEqual(without.thinking, whole.thinking);
      assert.equal(without.answer, whole.answer);
      if (!("thinking" in options)) continue;
      const thought = runs[1].tokens.filter(({ thinking, forced }) => thinking && !forced);
      assert.ok(thought.length >= budget, `${thought.length} tokens of thinking`);
      assert.ok(
        runs[1].tokens.some(({ forced }) => forced),
        "the budget ended it",
      );
    }
    const chats = [true, false].map((promptLogprobs) =>
      model.chat(question, { maxTokens: 4, temperature: 0, promptLogprobs }),
    );
    for (const chat of chats) for await (const _ of chat);
    const [one, other] = chats.map(({ run }) => run) as [Run, Run];
    const nPrompt = one.tokens.filter(({ phase }) => phase === "prompt").length;
    assertSameButPrompt(other, one, nPrompt);
  });

  it("takes edits of every site that are data, and refuses functions", async () => {
    const model = await open("cpu");
    for (const site of ["hook_logits", "ln_final.hook_normalized", "blocks.0.hook_resid_post"]) {
      const edits = [scale(site, 0.5, { position: [T - 3, T + 2] })];
      const whole = await generate(model, ids, { edits });
      const without = await generate(model, ids, { edits, promptLogprobs: false });
      assertSameButPrompt(without, whole, T);
    }
    const edits = [change("blocks.0.hook_resid_post", () => 0)];
    await assert.rejects(
      generate(model, ids, { edits, promptLogprobs: false }),
      (error) => error instanceof InputError && /promptLogprobs/.test(error.message),
    );
  });

  it("is refused where it is no flag", async () => {
    const model = await open("reference");
    assert.throws(
      () => model.generate(ids, { promptLogprobs: 1 as never }),
      (error) => error instanceof InputError && error.code === "ERR_OPTION",
    );
  });
});
