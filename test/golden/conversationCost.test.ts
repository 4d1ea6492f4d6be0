import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { conversationCost, type Model, PRICES, priceOf, usageOf } from "../../engine/index.ts";
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
});
