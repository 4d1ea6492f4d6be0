import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import {
  conversationCost,
  type Generation,
  type Model,
  PRICES,
  priceOf,
  usageOf,
} from "../../engine/index.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const opened: Promise<Model>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", tinyFolder).then(({ model }) => model);
  return opened[0];
};
after(async () => (await opened[0])?.dispose());

const V32 = PRICES["deepseek-v3.2"];
const QUESTION = [{ role: "user", content: "7+5-3+8=?" }];

describe("what was really run is priced", () => {
  it("a conversation by its prompts: what its second call could share ends where reasoning was dropped", async () => {
    const model = await open();
    const first = model.chat(QUESTION, { temperature: 0 });
    for await (const _ of first);
    const messages = [...QUESTION, first.message, { role: "user", content: "1+1+1=?" }];
    const second = model.chat(messages, { temperature: 0, maxTokens: 4 });
    for await (const _ of second);
    const { turns, lines } = conversationCost([first, second], [V32], { blockTokens: 1 });
    const prompts = [QUESTION, messages].map((one) => model.tokenizer.encodeChat(one).length);
    assert.deepEqual(
      turns.map(({ usage }) => usage.inputTokens),
      prompts,
    );
    assert.equal(turns[1]?.usage.outputTokens, 4);
    assert.equal(
      turns[1]?.shareableInputTokens,
      prompts[0],
      "the first prompt, no thought of the reply",
    );
    const [line] = lines;
    const total = (line?.turns ?? []).reduce((sum, { uncached }) => sum + uncached.total, 0);
    assert.ok(Math.abs((line?.cumulative.uncached[1] ?? 0) - total) < 1e-15);
    first.run.dispose();
    second.run.dispose();
  });

  it("a prefix that the engine shared between prompts counts as cached, once and measured", async () => {
    const model = await open();
    const head = Array.from({ length: 40 }, (_, i) => 1 + ((7 * i) % 500));
    const prompts = [600, 601, 602].map((id) => [...head, id, id + 100]);
    const batch = model.generateAll(prompts, { maxTokens: 2, temperature: 0, ignoreEos: true });
    for await (const _ of batch);
    const usages = batch.generations.map((generation) => usageOf(generation));
    const counts = { inputTokens: 42, outputTokens: 2, reasoningTokens: 0 };
    assert.deepEqual(usages, [
      { ...counts, cachedInputTokens: 0 },
      { ...counts, cachedInputTokens: 39 },
      { ...counts, cachedInputTokens: 39 },
    ]);
    const [alone, shared] = usages.map((usage) => priceOf(usage, V32).total);
    // 39 of the tokens at 0.028 in the place of 0.28
    assert.equal(Number(((alone ?? 0) - (shared ?? 0)).toPrecision(6)), 9.828e-6);
    for (const { run } of batch.generations) run.dispose();
  });

  it("a prefix that a model's cache kept from call to call too, turn by turn", async () => {
    const { model } = await openModel("cpu", tinyFolder, { prefixCacheBytes: 2 ** 24 });
    try {
      const head = Array.from({ length: 40 }, (_, i) => 1 + ((7 * i) % 500));
      const turns: Generation[] = [];
      let ids = head;
      for (const more of [[], [601, 602], [603, 604]]) {
        const generation = model.generate([...ids, ...more], {
          ...{ maxTokens: 3, temperature: 0, ignoreEos: true },
        });
        for await (const _ of generation);
        turns.push(generation);
        ids = generation.run.tokens.map(({ id }) => id);
      }
      const record = conversationCost(turns, [V32], { blockTokens: 1 });
      const counted = record.turns.map(({ usage, shareableInputTokens }) => [
        ...[usage.inputTokens, usage.cachedInputTokens, shareableInputTokens],
      ]);
      // What came before is kept but for its last token, which had not been through the model.
      assert.deepEqual(counted, [
        [40, 0, 0],
        [45, 42, 43],
        [50, 47, 48],
      ]);
      const { uncached, shared, shareable } = record.lines[0]?.cumulative ?? {};
      // 89 of 135 tokens of input at 0.028 in the place of 0.28
      const saved = (uncached?.[2] ?? 0) - (shared?.[2] ?? 0);
      assert.equal(Number(saved.toPrecision(6)), 22.428e-6);
      assert.ok((shareable?.[2] ?? 0) < (shared?.[2] ?? 0));
      for (const { run } of turns) run.dispose();
    } finally {
      model.dispose();
    }
  });
});
