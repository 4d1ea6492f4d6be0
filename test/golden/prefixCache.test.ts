import assert from "node:assert/strict";
import { after, beforeEach, describe, it } from "node:test";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { createModel } from "../../engine/createModel.ts";
import {
  type ChatMessage,
  type GenerateOptions,
  type Generation,
  loadModel,
  zero,
} from "../../engine/index.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { stepsTaken } from "../fixtures/stepsTaken.ts";
import { fixtureFolder, openModel, tinyFolder } from "./openModel.ts";

const opened: ReturnType<typeof openModel>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", tinyFolder, { prefixCacheBytes: 2 ** 24 });
  return opened[0];
};
beforeEach(async () => (await open()).model.freeIdle());
after(async () => (await opened[0])?.model.dispose());

const count = (n: number, from = 0) => Array.from({ length: n }, (_, i) => 3 + from + i);
/** Below the 64 queries from which this model's attention takes its other form. */
const SHORT = { chunkSize: 32, ignoreEos: true, temperature: 0 } as const;

async function reply(ids: readonly number[], options: GenerateOptions = {}): Promise<Generation> {
  const { model } = await open();
  const generation = model.generate(ids, { ...SHORT, maxTokens: 6, ...options });
  for await (const _ of generation);
  return generation;
}

const idsOf = ({ run }: Generation) => run.tokens.map(({ id }) => id);

/** How many entries there are, and how often they were of use. */
async function told() {
  const { entries, hits, misses, hitTokens } = (await open()).model.deviceMemory().prefixes ?? {};
  return { entries, hits, misses, hitTokens };
}

const stepsOf = async (work: () => Promise<unknown>) => stepsTaken((await open()).backend, work);

describe("a cache of prefixes between calls", () => {
  it("leaves what is new of a conversation to its later turns", async () => {
    const { model } = await open();
    const before = await told();
    const first = await reply(count(30));
    const question = [...idsOf(first), ...count(4, 90)];
    const steps = await stepsOf(async () => {
      const second = await reply(question);
      const { sharedPrefixTokens, tokens, prefillMs } = second.run.cost();
      assert.equal(sharedPrefixTokens, 35); // the last of 36 rows scores what nobody knew
      assert.equal(second.run.sharedPrefixTokens, 35);
      for (const [t, { flops, durationMs, phase }] of tokens.entries()) {
        assert.equal(flops === 0, t < 35);
        assert.equal(durationMs === 0, t < 35);
        assert.equal(phase, t < question.length ? "prefill" : "decode");
      }
      assert.ok(prefillMs !== null && prefillMs > 0);
      second.run.dispose();
    });
    assert.equal(steps[0], question.length - 35);
    first.run.dispose();
    const after = await told();
    assert.deepEqual(
      [after.entries, (after.hits ?? 0) - (before.hits ?? 0)],
      [1, 1], // the second turn has all of the first
    );
    assert.equal((after.hitTokens ?? 0) - (before.hitTokens ?? 0), 35);
    assert.equal((after.misses ?? 0) - (before.misses ?? 0), 1);
    model.freeIdle();
    assert.equal((await told()).entries, 0);
    assert.equal(model.deviceMemory().prefixes?.bytes, 0);
  });

  it("has what was said in a chat, as far as the template says it again", async () => {
    const { model } = await open();
    const say = async (messages: readonly ChatMessage[]) => {
      const chat = model.chat(messages, { ...SHORT, ignoreEos: false, maxTokens: 8 });
      for await (const _ of chat);
      chat.run.dispose();
      return chat;
    };
    const question: ChatMessage = { role: "user", content: "7+5-3+8=?" };
    const first = await say([question]);
    const second = await say([question, first.message, { role: "user", content: "2+2=?" }]);
    const nAsked = first.run.tokens.filter(({ phase }) => phase === "prompt").length;
    assert.equal(first.run.sharedPrefixTokens, 0);
    assert.equal(second.run.sharedPrefixTokens, nAsked - 1); // what was thought is left out of later turns
  });

  it("gives rows in the form of attention that they are wanted in alone", async () => {
    const options = { chunkSize: 256 };
    const [short, long] = [await reply(count(50), options), await reply(count(70), options)];
    assert.equal(long.run.sharedPrefixTokens, 0); // 70 queries are expanded, 50 were not
    const longer = await reply([...idsOf(long), 7], options);
    assert.equal(longer.run.sharedPrefixTokens, 70); // its reply was decoded in the other form
    for (const { run } of [short, long, longer]) run.dispose();
  });

  it("computes the rows whose logits are wanted, and what was not kept", async () => {
    const { model } = await open();
    (await reply(count(20))).run.dispose();
    const shared = async (options: object) => {
      const run = await model.run(count(20), { keep: "routes", ...options });
      run.dispose();
      return run.sharedPrefixTokens;
    };
    assert.equal(await shared({ logits: "all" }), 0);
    assert.equal(await shared({ logits: [5, -1] }), 5);
    assert.equal(await shared({ logits: [-4] }), 16);
    assert.equal(await shared({ logits: [] }), 19);
    assert.equal(await shared({ keep: "attention" }), 0); // until now nobody kept queries
    assert.equal(await shared({ keep: "attention" }), 19);
    assert.equal(await shared({ keep: "nothing" }), 19);
  });

  it("has nothing to do with what is edited, measured or stepped", async () => {
    const { model } = await open();
    const ids = count(20);
    (await model.run(ids)).dispose();
    const before = await told();
    const edits = [zero("blocks.1.hook_attn_out", { position: 3 })];
    const runs = [
      await model.run(ids, { edits }),
      await model.run(ids, { profile: true }),
      await (await model.step(ids)).finish(),
      ...(await model.runAll([ids, ids], { edits }).all()),
    ];
    for (const run of runs) run.dispose();
    assert.deepEqual(
      runs.map(({ sharedPrefixTokens }) => sharedPrefixTokens).slice(0, 3),
      [0, 0, 0],
    );
    assert.deepEqual(await told(), before);
  });

  it("is what prompts of a batch begin with, where that is more than they share", async () => {
    const { model } = await open();
    const head = count(40);
    const prompts = [1, 2, 3, 4].map((i) => [...head, 600 + i, 700 + i]);
    (await model.run([...head, 500])).dispose();
    const steps = await stepsOf(async () => {
      for await (const run of model.runAll(prompts)) {
        assert.equal(run.sharedPrefixTokens, 39);
        run.dispose();
      }
    });
    assert.deepEqual(steps, [4 * 3]);
    const more = [[...head, 11, 12], ...prompts.map((prompt) => [...prompt, ...head.slice(0, 5)])];
    const runs = await model.runAll(more, { atOnce: 2 }).all();
    assert.deepEqual(
      runs.map(({ sharedPrefixTokens }) => sharedPrefixTokens),
      [39, 41, 41, 41, 41],
    );
    for (const run of runs) run.dispose();
  });

  it("has the draft module follow, which is charged for that", async () => {
    const options = { speculate: "mtp", draftTokens: 2 } as const;
    const first = await reply(count(30), options);
    const second = await reply([...idsOf(first), 9], options);
    const { sharedPrefixTokens, classes, byClass, tokens } = second.run.cost();
    assert.equal(sharedPrefixTokens, 35);
    const width = classes.length * 4;
    const mtp = classes.findIndex(({ costClass }) => costClass === "mtp");
    for (let t = 0; t < 32; t++) {
      // the next chunk has rows of its own, which are charged with following all of it
      const flops = Array.from(classes, (_, c) => byClass[t * width + c * 4] ?? 0);
      assert.ok(flops.every((of, c) => (c === mtp ? of > 0 : of === 0)));
      assert.ok((tokens[t]?.durationMs ?? 0) > 0);
    }
    const plain = await reply([...idsOf(second), 9]);
    assert.ok(plain.run.sharedPrefixTokens > 35); // it needs less than was kept
    const third = await reply([...idsOf(plain), 9], options);
    assert.equal(third.run.sharedPrefixTokens, idsOf(second).length - 1); // the plain one kept no states to draft from
    for (const { run } of [first, second, plain, third]) run.dispose();
  });

  it("has what an aborted generation came to, and no more", async () => {
    const { model, backend } = await open();
    const before = backend.memory;
    const controller = new AbortController();
    const { signal } = controller;
    const generation = model.generate(count(40), { ...SHORT, maxTokens: 20, signal });
    let nTokens = 0;
    for await (const _ of generation) if (++nTokens === 3) controller.abort();
    generation.run.dispose();
    assert.equal((await told()).entries, 1);
    const run = await model.run([...idsOf(generation), 9], { keep: "routes" });
    assert.equal(run.sharedPrefixTokens, idsOf(generation).length - 1);
    run.dispose();
    const early = new AbortController();
    const cut = model.run(count(100, 200), {
      chunkSize: 16,
      signal: early.signal,
      onProgress: () => early.abort(),
    });
    await assert.rejects(cut, { code: "ERR_ABORTED" });
    assert.equal((await told()).entries, 1);
    model.freeIdle();
    assert.deepEqual(backend.memory, before);
  });

  it("goes with its model, also in the middle of a generation", async () => {
    const { model, backend } = await openModel("cpu", tinyFolder, { prefixCacheBytes: 2 ** 24 });
    (await model.run(count(20))).dispose();
    const generation = model.generate(count(24), { ...SHORT, maxTokens: 9 });
    await assert.rejects(
      async () => {
        for await (const _ of generation) model.dispose();
      },
      { code: "ERR_DISPOSED" },
    );
    assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
    assert.equal(model.deviceMemory().prefixes?.bytes, 0);
  });

  it("makes room where the device has none left", async () => {
    const checkpoint = await openCheckpoint(fixtureFolder("llama3"));
    const load = async (maxMemoryBytes: number) =>
      createModel(checkpoint, {
        tokenizer: null,
        backend: await createCpuBackend({ maxMemoryBytes }),
        prefixCacheBytes: 2 ** 30,
      });
    const roomy = await load(2 ** 30);
    const { bytes: loaded } = roomy.deviceMemory();
    const prompt = (i: number) => count(300, i % 60).map((id) => id % 97);
    (await roomy.run(prompt(0))).dispose();
    const { bytes } = roomy.deviceMemory();
    roomy.dispose();
    const tight = await load(Math.ceil((loaded + 3 * (bytes - loaded)) / 65536) * 65536 + 2 ** 20);
    let most = 0;
    let dropped = false;
    for (let i = 0; i < 40; i++) {
      (await tight.run(prompt(i))).dispose();
      const { entries = 0 } = tight.deviceMemory().prefixes ?? {};
      dropped ||= entries < most;
      most = Math.max(most, entries);
    }
    assert.ok(most > 1 && dropped);
    tight.dispose();
    await checkpoint.close();
  });

  it("is off unless a model is loaded with it", async () => {
    const { model } = await openModel("cpu", fixtureFolder("llama3"));
    assert.equal(model.deviceMemory().prefixes, undefined);
    for (let i = 0; i < 2; i++) {
      const run = await model.run(count(20));
      assert.equal(run.sharedPrefixTokens, 0);
      run.dispose();
    }
    model.dispose();
    await assert.rejects(loadModel("tiny", { prefixCacheBytes: -1 }), {
      code: "ERR_OPTION",
      message: /^prefixCacheBytes: expected a whole number of bytes, 0 for no cache, got -1\./,
    });
  });
});
