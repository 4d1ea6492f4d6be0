import assert from "node:assert/strict";
import { test } from "node:test";
import { conversationCost, PRICES, type PriceTable, priceOf } from "../../engine/index.ts";
import fc from "../fixtures/fastCheck.ts";

/** A price as somebody writes it: a few digits with a decimal point somewhere. */
const price = fc.record({ digits: fc.nat(99_999), places: fc.nat(9) });
const tokens = fc.nat(2_000_000);
const counts = fc.record({ fresh: tokens, cached: tokens, said: tokens, thought: tokens });
const lists = fc.record({ input: price, cachedInput: price, output: price, reasoning: price });

const written = ({ digits, places }: { digits: number; places: number }) =>
  Number(`${digits}e-${places}`);

test("a price is the number nearest to the exact sum, whatever tokens and prices are", () => {
  fc.assert(
    fc.property(counts, lists, ({ fresh, cached, said, thought }, list) => {
      const table: PriceTable = {
        ...PRICES["deepseek-v3"],
        perMillion: {
          input: written(list.input),
          cachedInput: written(list.cachedInput),
          output: written(list.output),
          reasoning: written(list.reasoning),
        },
      };
      const { total } = priceOf(
        {
          inputTokens: fresh + cached,
          cachedInputTokens: cached,
          outputTokens: said + thought,
          reasoningTokens: thought,
        },
        table,
      );
      const parts = [
        [fresh, list.input],
        [cached, list.cachedInput],
        [said, list.output],
        [thought, list.reasoning],
      ] as const;
      // In units of 10^-15: nine places of the price, six of the million.
      const exact = parts.reduce(
        (sum, [count, { digits, places }]) =>
          sum + BigInt(count) * BigInt(digits) * 10n ** BigInt(9 - places),
        0n,
      );
      assert.equal(total, Number(`${exact}e-15`));
    }),
  );
});

test("a conversation's lines never fall, and caching only makes them cheaper", () => {
  const turn = fc.record({
    prompt: fc.array(fc.nat(2), { minLength: 1, maxLength: 40 }),
    reply: fc.array(fc.nat(2), { maxLength: 10 }),
  });
  const all = fc.array(turn, { maxLength: 6 });
  fc.assert(
    fc.property(all, fc.integer({ min: 1, max: 8 }), (turns, blockTokens) => {
      const runs = turns.map(({ prompt, reply }) => ({
        record: {
          tokens: [...prompt, ...reply].map((id, index) => ({
            ...{ index, id, text: "", special: false, logprob: null },
            phase: index < prompt.length ? ("prompt" as const) : ("generated" as const),
          })),
        },
        cost: () => ({ sharedPrefixTokens: 0 }),
      }));
      const record = conversationCost(runs, Object.values(PRICES), { blockTokens });
      record.turns.forEach(({ shareableInputTokens: shared, usage }, i) => {
        assert.ok(shared !== null && shared % blockTokens === 0 && shared < usage.inputTokens);
        const { prompt } = turns[i] as { prompt: number[] };
        const isShared = (length: number) =>
          turns
            .slice(0, i)
            .some((other) =>
              [...other.prompt, ...other.reply]
                .slice(0, length)
                .every((id, at, { length: found }) => found === length && id === prompt[at]),
            );
        assert.ok(shared === 0 || isShared(shared));
        const more = shared + blockTokens;
        assert.ok(more >= usage.inputTokens || !isShared(more), "no longer one is shared");
      });
      for (const { cumulative } of record.lines)
        cumulative.uncached.forEach((total, i) => {
          const cached = cumulative.shareable[i] ?? Number.NaN;
          assert.ok(cached <= total && cumulative.shared[i] === total);
          assert.ok(total >= (cumulative.uncached[i - 1] ?? 0));
        });
    }),
  );
});
