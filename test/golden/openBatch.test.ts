import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { breathe } from "../../engine/base/breathe.ts";
import type { GeneratedToken, Generation, OpenBatch } from "../../engine/index.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const opened: ReturnType<typeof openModel>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", tinyFolder);
  return opened[0];
};
after(async () => (await opened[0])?.model.dispose());

const GREEDY = { temperature: 0, maxTokens: 6, ignoreEos: true };

async function tokensOf(text: Generation): Promise<GeneratedToken[]> {
  const tokens = [];
  for await (const token of text) tokens.push(token);
  return tokens;
}

/** What the model holds besides its weights and idle frames once a batch has been used and disposed of. */
async function withBatch(
  options: Parameters<Awaited<ReturnType<typeof open>>["model"]["together"]>[0],
  use: (batch: OpenBatch) => Promise<void>,
): Promise<void> {
  const { model, backend } = await open();
  model.freeIdle();
  const before = backend.memory.bytes;
  const batch = model.together(options);
  await use(batch);
  batch.dispose();
  batch.dispose();
  model.freeIdle();
  assert.equal(backend.memory.bytes, before, "tensors of the batch are left");
}

describe("Model.together", () => {
  it("gives texts that come one after the other places in order, and their chats as well", async () => {
    const { model } = await open();
    await withBatch({ atOnce: 2, contextLength: 64 }, async (batch) => {
      const ended: number[] = [];
      const texts = [3, 1, 1, 1].map((maxTokens, i) => {
        const text = batch.generate("In the beginning", { ...GREEDY, maxTokens });
        return tokensOf(text).then(() => {
          ended.push(i);
          text.run.dispose();
        });
      });
      await breathe();
      assert.deepEqual([batch.running, batch.waiting], [2, 2]);
      assert.match(
        String(batch),
        /^OpenBatch of 2 texts of up to 64 tokens: 2 running, 2 waiting$/,
      );
      await Promise.all(texts);
      assert.deepEqual([...ended].sort(), [0, 1, 2, 3]);
      assert.ok(ended.indexOf(1) < ended.indexOf(3), "first come, first served");
      assert.deepEqual([batch.running, batch.waiting], [0, 0]);

      const question = [{ role: "user", content: "7+5-3+8=?" }];
      const chat = batch.chat(question, { temperature: 0, maxTokens: 20 });
      for await (const _ of chat);
      const alone = model.chat(question, { temperature: 0, maxTokens: 20 });
      for await (const _ of alone);
      assert.deepEqual(chat.message, alone.message);
      assert.deepEqual(
        chat.tokens.map(({ id, logprob }) => [id, logprob]),
        alone.tokens.map(({ id, logprob }) => [id, logprob]),
      );
      chat.run.dispose();
      alone.run.dispose();
    });
  });

  it("waits for nobody: a text that is not read on keeps no other waiting, and goes on later", async () => {
    await withBatch({ atOnce: 4, contextLength: 64 }, async (batch) => {
      const slow = batch.generate("And God said", GREEDY);
      const stream = slow[Symbol.asyncIterator]();
      const first = await stream.next();
      const other = batch.generate("And God said", GREEDY);
      const tokens = await tokensOf(other);
      const rest = [];
      for await (const token of stream) rest.push(token);
      assert.deepEqual(
        [first.value as GeneratedToken, ...rest].map(({ id }) => id),
        tokens.map(({ id }) => id),
      );
      slow.run.dispose();
      other.run.dispose();
    });
  });

  it("ends a text by its signal, running or waiting, and one that is left", async () => {
    await withBatch({ atOnce: 1, contextLength: 64 }, async (batch) => {
      const controllers = [new AbortController(), new AbortController()];
      const [running, waiting] = controllers.map(({ signal }) =>
        batch.generate("The", { ...GREEDY, maxTokens: 50, signal }),
      );
      assert.ok(running && waiting);
      const stream = running[Symbol.asyncIterator]();
      await stream.next();
      const waits = tokensOf(waiting);
      for await (const { index } of stream) {
        if (index === 6) controllers[1]?.abort();
        if (index === 8) controllers[0]?.abort();
      }
      assert.deepEqual(await waits, []);
      assert.deepEqual([running.finishReason, waiting.finishReason], ["aborted", "aborted"]);
      assert.throws(() => waiting.run, { code: "ERR_NOT_FINISHED" });
      running.run.dispose();
      const left = batch.generate("The", GREEDY);
      for await (const _ of left) break;
      assert.equal(left.finishReason, "aborted");
      left.run.dispose();
      const next = batch.generate("The", GREEDY);
      assert.equal((await tokensOf(next)).length, 6);
      next.run.dispose();
    });
  });

  it("tells whoever runs or waits when it is disposed of, and takes nobody afterwards", async () => {
    const { model } = await open();
    await withBatch({ atOnce: 1, contextLength: 64 }, async (batch) => {
      const texts = [0, 1].map(() => tokensOf(batch.generate("The", { ...GREEDY, maxTokens: 50 })));
      const outcomes = Promise.allSettled(texts);
      await breathe();
      batch.dispose();
      for (const outcome of await outcomes)
        assert.equal(outcome.status === "rejected" && outcome.reason.code, "ERR_ABORTED");
      assert.throws(() => batch.generate("The"), { code: "ERR_DISPOSED" });
      assert.throws(() => batch.chat([]), { code: "ERR_DISPOSED" });
    });
    const alone = model.generate("The", GREEDY);
    assert.equal((await tokensOf(alone)).length, 6);
    alone.run.dispose();
  });

  it("refuses by name what texts of a batch share or cannot have, and what does not fit", async () => {
    const { model } = await open();
    await withBatch({ contextLength: 8 }, async (batch) => {
      const refusal = (options: object) => () => batch.generate("The", options);
      assert.throws(refusal({ keep: "all" }), /generate keep: expected where the batch is opened/);
      assert.throws(refusal({ speculate: "off" }), /generate speculate: expected none/);
      assert.throws(refusal({ edits: [] }), /generate edits: expected none/);
      assert.throws(refusal({ temprature: 1 }), /Did you mean temperature\?/);
      assert.throws(() => batch.chat([{ role: "user", content: "a" }], { tool: [] } as object), {
        code: "ERR_OPTION",
      });
      const ids = Array.from({ length: 8 }, (_, i) => i + 3);
      assert.throws(() => batch.generate(ids), { code: "ERR_PROMPT_TOO_LONG" });
      const text = batch.generate(ids.slice(0, 5), { ...GREEDY, maxTokens: 100 });
      assert.equal((await tokensOf(text)).length, 3);
      assert.equal(text.finishReason, "length");
      text.run.dispose();
    });
    const code = "ERR_OPTION";
    assert.throws(() => model.together({ contextLength: 513 }), { code });
    assert.throws(() => model.together({ atOnce: 0 }), { code });
    assert.throws(() => model.together({ keep: "some" as "all" }), { code });
  });
});

describe("topLogprobs", () => {
  it("tells of the likeliest tokens at every place, under the raw logits", async () => {
    const { model } = await open();
    const options = { temperature: 0.9, seed: 2, maxTokens: 5, logits: "all" as const };
    const text = model.generate("In the beginning", { ...options, topLogprobs: 4 });
    const tokens = await tokensOf(text);
    const { nVocab } = model.spec;
    const { data } = text.run.logits;
    for (const { index, id, logprob, likeliest = [] } of tokens) {
      const row = [...data.subarray((index - 1) * nVocab, index * nVocab)];
      const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
      const ranked = row
        .map((logit, at) => ({ id: at, logprob: logit - total }))
        .sort((a, b) => b.logprob - a.logprob || a.id - b.id);
      assert.deepEqual(
        likeliest.map((one) => one.id),
        ranked.slice(0, 4).map((one) => one.id),
      );
      for (const [i, one] of likeliest.entries())
        assert.ok(Math.abs(one.logprob - (ranked[i]?.logprob ?? 0)) < 1e-5);
      const own = likeliest.find((one) => one.id === id);
      if (own !== undefined) assert.equal(own.logprob, logprob);
    }
    text.run.dispose();
    assert.throws(() => model.generate("a", { topLogprobs: -1 }), { code: "ERR_OPTION" });
    assert.throws(() => model.generate("a", { topLogprobs: 1, speculate: "mtp" }), {
      code: "ERR_OPTION",
    });
  });
});
