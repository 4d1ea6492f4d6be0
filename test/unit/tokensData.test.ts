import assert from "node:assert/strict";
import { test } from "node:test";
import { inkOnColour } from "../../widgets/render/theme.ts";
import { blocksOf } from "../../widgets/tokens/blocks.ts";
import { countsText, refusedLogits, tokensText } from "../../widgets/tokens/data.ts";
import { distributionOf } from "../../widgets/tokens/distribution.ts";
import { logitSource } from "../../widgets/tokens/logitSource.ts";
import { GIVEN, givenValues, kindOf, missingMeasures } from "../../widgets/tokens/measures.ts";
import { routerEntropies, routerMargins } from "../../widgets/tokens/routerMeasures.ts";
import { spanOf, strength } from "../../widgets/tokens/scale.ts";
import { tokensPicture } from "../../widgets/tokens/staticPicture.ts";
import { COSTS, ROUTES, runRecord } from "../fixtures/runRecords.ts";

const logs = (...shares: number[]): Float64Array =>
  Float64Array.from(shares, (p) => Math.log(p) + 3);
const near = (got: number, wanted: number): void =>
  assert.ok(Math.abs(got - wanted) < 1e-12, `${got} is not ${wanted}`);

/** A generated run: prompt, two of thinking, the second forced, a rejected draft, an accepted one. */
function generated() {
  const record = runRecord(["a", " b", "<think>", "\n", "c", "d"]);
  const draft = { ...{ draftId: 3, position: 0 }, draftProbability: 0.25, modelProbability: 0.5 };
  const notes = [
    {},
    { logprob: -Math.LN2 },
    { phase: "generated", thinking: true, logprob: -2 * Math.LN2 },
    { phase: "generated", thinking: true, forced: true, logprob: Number.NEGATIVE_INFINITY },
    { phase: "generated", logprob: 0, draft: { ...draft, verdict: "rejected" } },
    { phase: "generated", logprob: -1, draft: { ...draft, verdict: "accepted" } },
  ] as const;
  return { ...record, tokens: record.tokens.map((token, t) => ({ ...token, ...notes[t] })) };
}

test("a prompt whose probabilities were not computed says so, and has no number in their place", () => {
  const { tokens, ...record } = generated();
  const without = {
    ...record,
    promptLogprobs: false as const,
    tokens: tokens.map((token) => (token.phase === "prompt" ? { ...token, logprob: null } : token)),
  };
  const note = "prompt tokens: probability and surprisal not computed: promptLogprobs false";
  const values = givenValues(without, null);
  const surprisals = values.subarray(0, tokens.length);
  assert.deepEqual([...surprisals.subarray(0, 2)], [Number.NaN, Number.NaN]);
  assert.equal(surprisals[2], 2);
  assert.ok(tokensText(without, {}).includes(note));
  assert.ok(tokensPicture(without, {}).includes(note));
  assert.ok(!tokensText({ ...record, tokens }, {}).includes(note));
  const prompt = { ...without, tokens: without.tokens.slice(0, 2) };
  const missing = missingMeasures(prompt, givenValues(prompt, null), null, null);
  assert.equal(missing.surprisal, "not computed: promptLogprobs false");
});

test("a distribution has the entropy, the rank and the alternatives that its logits say", () => {
  const at = distributionOf(logs(0.5, 0.25, 0.125, 0.125), 3, 2);
  near(at.entropyBits, 1.75);
  assert.equal(at.rank, 4, "of equals the lower id comes first");
  assert.deepEqual(at.ids, [0, 1]);
  near(Math.exp(at.logprobs[1] ?? 0), 0.25);
  const even = distributionOf(new Float32Array(8), 0, 10);
  near(even.entropyBits, 3);
  assert.deepEqual(even.ids, [0, 1, 2, 3, 4, 5, 6, 7]);
  const masked = distributionOf(Float64Array.of(0, Number.NEGATIVE_INFINITY, 0), 1);
  near(masked.entropyBits, 1);
  assert.equal(masked.rank, 3);
  const broken = distributionOf(Float64Array.of(1, Number.NaN), 0);
  assert.deepEqual([broken.entropyBits, broken.rank, broken.ids], [Number.NaN, Number.NaN, []]);
});

test("thinking and tool calls are blocks, calls one by one, and a call that is thought of is thinking", () => {
  const thinking = true as const;
  const [none, thought] = [{}, { thinking }];
  const [first, second] = [{ toolCall: 0 }, { toolCall: 1 }];
  assert.deepEqual(blocksOf([none, thought, thought, first, first, second, none, second]), [
    { kind: "thinking", start: 1, end: 3 },
    { kind: "tool call", start: 3, end: 5 },
    { kind: "tool call", start: 5, end: 6 },
    { kind: "tool call", start: 7, end: 8 },
  ]);
  assert.deepEqual(blocksOf([{ thinking, toolCall: 0 }, first]), [
    { kind: "thinking", start: 0, end: 1 },
    { kind: "tool call", start: 1, end: 2 },
  ]);
  assert.deepEqual(blocksOf([]), []);
});

test("each scale gives the least the weakest colour and the most the strongest; no number has none", () => {
  const span = spanOf(Float64Array.of(1, 10, 100, 10, Number.NaN, Number.POSITIVE_INFINITY));
  assert.deepEqual([span.min, span.max, span.nMissing, span.nInfinite], [1, 100, 1, 1]);
  for (const scale of ["linear", "log", "rank"] as const) {
    assert.equal(strength(1, span, scale), 0);
    assert.equal(strength(100, span, scale), 1);
    assert.equal(strength(Number.POSITIVE_INFINITY, span, scale), 1);
    assert.ok(Number.isNaN(strength(Number.NaN, span, scale)));
  }
  near(strength(10, span, "linear"), 9 / 99);
  near(strength(10, span, "log"), 0.5);
  near(strength(10, span, "rank"), 0.5);
  assert.equal(strength(4, spanOf(Float64Array.of(4, 4)), "rank"), 0.5, "the same for all");
});

test("given numbers are the record's, and what a run lacks is said by name", () => {
  const record = generated();
  const values = givenValues(record, null);
  const of = (key: (typeof GIVEN)[number], t: number) => values[GIVEN.indexOf(key) * 6 + t];
  assert.deepEqual(
    [of("surprisal", 0), of("surprisal", 1), of("surprisal", 2)],
    [Number.NaN, 1, 2],
  );
  assert.deepEqual([of("surprisal", 3), of("probability", 3)], [Number.POSITIVE_INFINITY, 0]);
  assert.ok(Object.is(of("surprisal", 4), 0));
  assert.equal(of("draftProbability", 5), 0.25);
  assert.deepEqual(
    record.tokens.map((token) => kindOf(token, "part")),
    [0, 0, 1, 3, 2, 2],
  );
  assert.deepEqual(
    record.tokens.map((token) => kindOf(token, "draft")),
    [0, 0, 0, 0, 2, 1],
  );
  assert.equal(countsText([0, 0, 1, 3, 2, 2]), "2 prompt, 1 thinking, 2 answer, 1 forced");
  assert.deepEqual(missingMeasures(record, values, "no routes", null), {
    ...{ flops: "no routes", bytes: "no routes", ms: "no routes" },
  });
  const plain = runRecord(["a", "b", "c"], { moeLayers: [] });
  const lacking = missingMeasures(plain, givenValues(plain, COSTS), null, "not kept");
  assert.deepEqual(Object.keys(lacking).sort(), [
    "draft",
    "draftProbability",
    "entropy",
    "probability",
    "rank",
    "routerEntropy",
    "routerMargin",
    "surprisal",
  ]);
  assert.equal(givenValues(plain, COSTS)[GIVEN.indexOf("bytes") * 3], 125);
});

test("router entropy is the mean over layers, the margin the least over them", () => {
  assert.deepEqual(Array.from(routerEntropies(ROUTES)), [1.5, 1.25, 0.25]);
  const biasedScores = new Float32Array(24).fill(Number.NEGATIVE_INFINITY);
  const scores = [4, 3, 1, 0, 4, 3, 2.5, 0, 0, 2, 1, 3]; // layer 1: tokens 0 to 2
  biasedScores.set(scores);
  biasedScores.set([1, 2, 8, 7], 12); // layer 3: token 0; of the others no expert is left to choose
  const margins = Array.from(routerMargins({ ...ROUTES, biasedScores }));
  assert.deepEqual(margins.slice(0, 2), [2, 0.5]);
});

test("only rows that the run has are read where computing all again would take too much", async () => {
  const small = runRecord(["a", "b", "c"], { nVocab: 4 });
  const huge = runRecord(["a", "b", "c"], { nVocab: 2 ** 25 });
  assert.equal(refusedLogits(small, 0, false), null);
  assert.match(refusedLogits(huge, 0, true) ?? "", /^not kept: .* 384 MiB/);
  assert.equal(refusedLogits(huge, 1, true), null);
  assert.match(refusedLogits(runRecord(["a"]), 0, true) ?? "", /no token/);
  const kept = logitSource({
    record: small,
    logits: {
      data: Float64Array.from([...logs(0.5, 0.25, 0.25, 0), ...logs(0.25, 0.25, 0.25, 0.25)]),
    },
    logitRows: [0, 1],
    get: () => Promise.reject(new Error("asked for what was kept")),
  });
  const { tokens, provenance } = await kept.read();
  assert.equal(provenance, "measured");
  assert.deepEqual([tokens[0], tokens[1]?.rank, tokens[2]?.rank], [null, 2, 3]);
});

test("the static picture folds thinking, says what is missing and stays below 150 kB", () => {
  const svg = tokensPicture(generated(), { draft: "no draft" });
  assert.match(svg, /\[thinking: 2 tokens\]/);
  assert.match(svg, /acceptance of drafts: unavailable, no draft/);
  const long = runRecord(Array.from({ length: 4096 }, (_, t) => ` w${t}<&`));
  const all = tokensPicture(long, {});
  assert.match(all, /Not shown: 3696 more tokens/);
  assert.ok(all.length < 150_000, String(all.length));
  assert.match(tokensText(generated(), {}), /most surprising: ⏎ \(3\), Infinity bits/);
});

test("ink has a contrast of 4.5 to 1 or more on every grey", () => {
  for (let grey = 0; grey < 256; grey++) {
    const share = grey / 255;
    const lightness = share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    const isBlack = inkOnColour(`rgb(${grey},${grey},${grey})`) === "#000000";
    const contrast = isBlack ? (lightness + 0.05) / 0.05 : 1.05 / (lightness + 0.05);
    assert.ok(contrast >= 4.5, `${grey}: ${contrast}`);
  }
});
