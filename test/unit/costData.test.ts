import assert from "node:assert/strict";
import { test } from "node:test";
import type { PriceTable } from "../../engine/trace/schema.ts";
import { bill, isPriceTable, tokenPrices, usageIn } from "../../widgets/cost/bills.ts";
import { costText } from "../../widgets/cost/costText.ts";
import { binned, classRows, costAt, packCosts, phaseTotals } from "../../widgets/cost/data.ts";
import { DEFAULT_PRICES } from "../../widgets/cost/priceTables.ts";
import { costPicture } from "../../widgets/cost/staticPicture.ts";
import { COSTS, runRecord } from "../fixtures/runRecords.ts";

const costs = packCosts(COSTS.tokens);

test("prefill and decode are summed apart", () => {
  assert.deepEqual(phaseTotals(costs, [0, 1]), {
    nTokens: 2,
    flops: 22,
    weightBytes: 200,
    kvBytes: 50,
    durationMs: 8,
  });
  assert.equal(phaseTotals(costs, [2]).durationMs, 9);
});

test("a prompt's line says how much of it another run computed", () => {
  const [line = ""] = costText(
    runRecord(["a", "b", "c"]),
    { ...COSTS, sharedPrefixTokens: 1 },
    [],
    1,
  )
    .split("\n")
    .filter((text) => text.startsWith("prefill"));
  assert.match(line, /^prefill: 2 tokens, 1 from a shared prefix, /);
  assert.match(costText(runRecord(["a", "b", "c"]), COSTS, [], 1), /^prefill: 2 tokens, 22 FLOP,/m);
  const picture = costPicture(
    runRecord(["a", "b", "c"]),
    { ...COSTS, sharedPrefixTokens: 1 },
    [],
    1,
  );
  assert.match(picture, /2 tokens, 1 from a shared prefix/);
});

test("parts of the model have what the run, or one token, spent there", () => {
  assert.deepEqual(classRows(COSTS.classes, COSTS.byClass, null), [
    { costClass: "routedExperts", parameters: 900, flops: 24, weightBytes: 180, kvBytes: 75 },
    { costClass: "head", parameters: 100, flops: 12, weightBytes: 120, kvBytes: 0 },
  ]);
  const [experts, head] = classRows(COSTS.classes, COSTS.byClass, 1);
  assert.deepEqual([experts?.flops, experts?.kvBytes, head?.flops], [8, 25, 4]);
  const unused = { costClass: "residual", parameters: 0, activeParameters: 0, flops: 0 } as const;
  const none = { ...unused, weightBytes: 0, kvReadBytes: 0, kvWriteBytes: 0 };
  assert.equal(classRows([none], new Float64Array(4), null).length, 0);
  const said =
    "FLOPs: routed experts 66.7 %, head 33.3 %; weights: routed experts 60.0 %, head 40.0 %";
  assert.ok(costText(runRecord(["a", "b", "c"]), COSTS, [], 1).includes(said));
});

test("one untimed step makes the phase's time unknown, not 0", () => {
  const untimed = packCosts(COSTS.tokens.map((token) => ({ ...token, durationMs: null })));
  assert.ok(Number.isNaN(costAt(untimed, 0, "durationMs")));
  assert.equal(phaseTotals(untimed, [0, 1]).durationMs, null);
  assert.equal(phaseTotals(costs, []).durationMs, null);
});

const TABLE: PriceTable = {
  ...{ name: "a", source: "b", date: "2026-11", currency: "USD" },
  perMillion: { input: 2, cachedInput: 0.5, output: 8, reasoning: 12 },
  offPeak: {
    hours: [{ fromUtc: "16:30", untilUtc: "00:30", days: null }],
    perMillion: { input: 1, cachedInput: null, output: 4, reasoning: null },
  },
  maxInputTokens: 2_000_000,
};

test("a bill has what the run shared as cached, all of the prompt cached, and the prices of other hours", () => {
  const usage = { inputTokens: 1_000_000, cachedInputTokens: 200_000, outputTokens: 500_000 };
  assert.deepEqual(bill(TABLE, { ...usage, reasoningTokens: 100_000 }), {
    thisRun: 6.1,
    promptCached: 4.9,
    offPeak: 3,
  });
  const long = { ...usage, inputTokens: 2_000_001, reasoningTokens: 0 };
  assert.equal(bill(TABLE, long), null, "a prompt longer than the list has prices for");
});

test("what a service would count of a run is in its records", () => {
  const tokens = [{}, {}, { thinking: true }, {}] as const;
  assert.deepEqual(usageIn(tokens, { sharedPrefixTokens: 1 }, 2), {
    inputTokens: 2,
    cachedInputTokens: 1,
    outputTokens: 2,
    reasoningTokens: 1,
  });
});

test("a token has the price of its kind in every list that has one", () => {
  const [first] = DEFAULT_PRICES;
  assert.ok(first);
  const names = DEFAULT_PRICES.slice(0, -1).map(({ name }) => name); // the last is empty
  for (const kind of ["input", "cachedInput", "output", "reasoning"] as const)
    assert.deepEqual(
      tokenPrices(DEFAULT_PRICES, kind).map(({ name }) => name),
      names,
    );
  assert.deepEqual(tokenPrices([TABLE], "input"), [{ name: "a", unit: "µ$", amount: 2 }]);
  assert.equal(tokenPrices([TABLE], "cachedInput")[0]?.amount, 0.5);
  assert.equal(tokenPrices([TABLE], "output")[0]?.amount, 8);
  assert.equal(tokenPrices([TABLE], "reasoning")[0]?.amount, 12);
  const plain = {
    ...TABLE,
    perMillion: { input: 2, cachedInput: null, output: 8, reasoning: null },
  };
  assert.equal(tokenPrices([plain], "cachedInput")[0]?.amount, 2);
  assert.equal(tokenPrices([plain], "reasoning")[0]?.amount, 8);
});

test("a price list from a page is believed only if it is one", () => {
  assert.ok(DEFAULT_PRICES.every(isPriceTable));
  for (const wrong of [null, {}, { ...TABLE, perMillion: { ...TABLE.perMillion, input: -1 } }])
    assert.equal(isPriceTable(wrong), false);
  assert.equal(isPriceTable({ ...TABLE, name: 3 }), false);
});

test("every default price list says whose it is and when it held", () => {
  for (const { source, date, perMillion } of DEFAULT_PRICES)
    if (perMillion.input > 0) {
      assert.match(source, /\.com\//);
      assert.match(date, /^20\d\d-\d\d/);
    }
});

test("bars are merged only when there are more tokens than pixels", () => {
  assert.equal(binned(5, 10).length, 5);
  const bins = binned(1000, 300);
  assert.equal(bins.length, 250);
  assert.deepEqual(bins.at(-1), { start: 996, end: 1000 });
});

test("text and picture label every number as measured or derived", () => {
  const record = runRecord(["a", "b", "c"]);
  const text = costText(record, COSTS, DEFAULT_PRICES, 1);
  assert.match(text, /prefill: 2 tokens.*\(derived\), 8 ms \(measured\)/);
  assert.match(text, /active of .* 200 more to draft tokens/);
  assert.match(text, /\$0\.\d+, a token 0\.28 µ\$ in and 0\.42 µ\$ out: DeepSeek-V3\.2 API/);
  const svg = costPicture(record, COSTS, DEFAULT_PRICES, 1);
  assert.match(svg, /\(derived\).*\(measured\)/);
  assert.match(svg, /aria-label="What each token of a run of [^"]+ cost"/);
  assert.match(svg, /api-docs\.deepseek\.com/);
  assert.ok(svg.length < 150_000);
});
