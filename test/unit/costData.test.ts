import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bill,
  binned,
  classRows,
  costAt,
  costText,
  isPriceTable,
  packCosts,
  phaseTotals,
  tokenPrices,
} from "../../widgets/cost/data.ts";
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
  const unused = { costClass: "residual", parameters: 0, flops: 0 } as const;
  const none = { ...unused, weightBytes: 0, kvReadBytes: 0, kvWriteBytes: 0 };
  assert.equal(classRows([none], new Float64Array(4), null).length, 0);
  const said =
    "FLOPs: routed experts 66.7 %, head 33.3 %; weights: routed experts 60.0 %, head 40.0 %";
  assert.ok(costText(runRecord(["a", "b", "c"]), COSTS, [], 1).includes(said));
  assert.ok(costPicture(runRecord(["a", "b", "c"]), COSTS, [], 1).includes(said));
});

test("one untimed step makes the phase's time unknown, not 0", () => {
  const untimed = packCosts(COSTS.tokens.map((token) => ({ ...token, durationMs: null })));
  assert.ok(Number.isNaN(costAt(untimed, 0, "durationMs")));
  assert.equal(phaseTotals(untimed, [0, 1]).durationMs, null);
  assert.equal(phaseTotals(costs, []).durationMs, null);
});

test("a bill takes input and output prices per million tokens, and the cached price for a cached prompt", () => {
  const price = {
    name: "a",
    source: "b",
    usdPerMTokInput: 2,
    usdPerMTokCachedInput: 0.5,
    usdPerMTokOutput: 8,
  };
  assert.deepEqual(bill(price, 1_000_000, 500_000), { usd: 6, usdIfCached: 4.5 });
});

test("a token has the input or the output price of every list that has one", () => {
  const [first] = DEFAULT_PRICES;
  assert.ok(first);
  const names = DEFAULT_PRICES.slice(0, -1).map(({ name }) => name); // the last is empty
  for (const isOutput of [false, true])
    assert.deepEqual(
      tokenPrices(DEFAULT_PRICES, isOutput).map(({ name }) => name),
      names,
    );
  assert.equal(tokenPrices([first], false)[0]?.microUsd, first.usdPerMTokInput);
  assert.equal(tokenPrices([first], true)[0]?.microUsd, first.usdPerMTokOutput);
});

test("a price list from a page is believed only if it is one", () => {
  assert.ok(DEFAULT_PRICES.every(isPriceTable));
  for (const wrong of [null, {}, { ...DEFAULT_PRICES[0], usdPerMTokInput: -1 }])
    assert.equal(isPriceTable(wrong), false);
  assert.equal(isPriceTable({ ...DEFAULT_PRICES[0], usdPerMTokOutput: Number.NaN }), false);
  assert.equal(isPriceTable({ ...DEFAULT_PRICES[0], name: 3 }), false);
});

test("every default price list says whose it is and when it held", () => {
  for (const price of DEFAULT_PRICES.filter((p) => p.usdPerMTokInput > 0))
    assert.match(price.source, /\.com, \w+ 20\d\d$/);
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
