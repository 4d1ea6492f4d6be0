import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheForms } from "../../engine/cost/cacheForms.ts";
import type { ClassedOperator } from "../../engine/cost/costedOperators.ts";
import { type CostedChunk, chunkCost, costOf, touchedExperts } from "../../engine/cost/costOf.ts";
import { kvElementsPerToken, mhaElementsPerToken } from "../../engine/cost/kvCache.ts";
import { type CostedOperator, operatorCost } from "../../engine/cost/operatorCost.ts";
import { countParameters } from "../../engine/cost/parameters.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import type { RoutingRecord } from "../../engine/trace/schema.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { feedForwardsOf, mlaOf, moeOf } from "../fixtures/layers.ts";
import { mlaDecodeOperators, shaped } from "../fixtures/paperOperators.ts";
import {
  DEEPSEEK_V2,
  DEEPSEEK_V2_LITE,
  DEEPSEEK_V3,
  DEEPSEEK_V3_2,
  GPT_2,
  GPT_OSS_20B,
  MIXTRAL,
  OLMOE,
  QWEN_0_5B,
  QWEN3_0_6B,
} from "../fixtures/publishedSpecs.ts";

const billions = (n: number, digits: number): string => (n / 1e9).toFixed(digits);

test("the published DeepSeek checkpoints have the parameters their authors report", () => {
  assert.equal(billions(countParameters(DEEPSEEK_V3).total, 3), "671.026");
  assert.equal(billions(countParameters(DEEPSEEK_V2).total, 3), "235.741");
  assert.equal(billions(countParameters(DEEPSEEK_V2_LITE).total, 3), "15.706");
});

test("parameters and those that only draft are together all that the checkpoint holds", async () => {
  const checkpoint = await openCheckpoint(inRepository("models/tiny"));
  const { total, drafts } = countParameters(normalizeConfig(checkpoint.config));
  await checkpoint.close();
  assert.deepEqual([total, drafts], [6_752_720, 1_111_152]);
  assert.equal(total + drafts, checkpoint.totalParameters);
});

test("of DeepSeek-V3's 671 B parameters 36.63 B serve one token", () => {
  assert.equal(billions(countParameters(DEEPSEEK_V3).active, 2), "36.63");
  assert.equal(billions(countParameters(DEEPSEEK_V2).active, 2), "20.85");
  assert.equal(billions(countParameters(DEEPSEEK_V2_LITE).active, 2), "2.45");
});

test("models of other families have as many parameters as their checkpoints", () => {
  const totals = [GPT_2, QWEN3_0_6B, OLMOE, MIXTRAL, GPT_OSS_20B].map(
    (spec) => countParameters(spec).total,
  );
  assert.deepEqual(
    totals,
    [124_439_808, 596_049_920, 6_919_161_856, 46_702_792_704, 20_914_757_184],
  );
});

test("the indexer of sparse attention adds its parameters and its cached keys", () => {
  assert.equal(billions(countParameters(DEEPSEEK_V3_2).total, 3), "671.878");
  assert.equal(billions(countParameters(DEEPSEEK_V3_2).active, 2), "37.48");
  assert.equal(kvElementsPerToken(DEEPSEEK_V3_2), 61 * (576 + 128));
});

test("a tied head is counted once and its biases too", () => {
  const qwen = countParameters(QWEN_0_5B);
  assert.equal(qwen.total, 494_032_768); // the checkpoint's own count
  assert.equal(qwen.active, qwen.total);
});

test("the latent cache of DeepSeek-V3 takes 70,272 bytes a token in bf16, 71 times less than full heads", () => {
  assert.equal(kvElementsPerToken(DEEPSEEK_V3) * 2, 70_272);
  assert.equal(mhaElementsPerToken(DEEPSEEK_V3) * 2, 4_997_120);
  assert.equal(kvElementsPerToken(DEEPSEEK_V2) * 2, 69_120);
  assert.equal(kvElementsPerToken(DEEPSEEK_V2_LITE) * 2, 31_104);
  assert.equal(kvElementsPerToken(QWEN_0_5B), 24 * 2 * 2 * 64);
  assert.equal(mhaElementsPerToken(QWEN_0_5B), 24 * 2 * 14 * 64);
});

test("the same layers and heads keep more or less under other forms of attention", () => {
  const key = 128 + 64 + 128; // of a head of DeepSeek-V3: without and with rotation, and its value
  assert.deepEqual(cacheForms(DEEPSEEK_V3, 2), [
    { form: "mla", keyHeads: null, bytesPerToken: 70_272, isOwn: true },
    { form: "mha", keyHeads: 128, bytesPerToken: 4_997_120, isOwn: false },
    { form: "gqa", keyHeads: 8, bytesPerToken: 61 * 8 * key * 2, isOwn: false },
    { form: "mqa", keyHeads: 1, bytesPerToken: 61 * key * 2, isOwn: false },
  ]);
  // 14 heads of 64, two of them with keys: of groups it has its own, a latent would be four heads wide and a half.
  assert.deepEqual(cacheForms(QWEN_0_5B, 2), [
    { form: "gqa", keyHeads: 2, bytesPerToken: 24 * 2 * 2 * 64 * 2, isOwn: true },
    { form: "mha", keyHeads: 14, bytesPerToken: 24 * 2 * 14 * 64 * 2, isOwn: false },
    { form: "mla", keyHeads: null, bytesPerToken: 24 * 4.5 * 64 * 2, isOwn: false },
    { form: "mqa", keyHeads: 1, bytesPerToken: 24 * 2 * 64 * 2, isOwn: false },
  ]);
  const [own] = cacheForms(DEEPSEEK_V3_2, 2);
  assert.equal(own?.bytesPerToken, 61 * (576 + 128) * 2, "the indexer's key counts");
});

test("a decode step's operators sum to 2 x active parameters plus absorbed attention", () => {
  for (const spec of [DEEPSEEK_V3, DEEPSEEK_V2, DEEPSEEK_V2_LITE]) {
    const start = 4095; // the step sees S = 4096 keys
    const k = moeOf(spec)?.nExpertsPerToken ?? 0;
    const [cost] = chunkCost(decodeChunk(mlaDecodeOperators(spec), start), () => k);
    const nHeads = mlaOf(spec).nHeads;
    const biases = feedForwardsOf(spec).reduce(
      (n, l) => n + (l.kind === "moe" && l.selectionBias ? l.nExperts : 0),
      0,
    );
    const expected =
      2 * (countParameters(spec).active - biases) +
      2 * spec.nLayers * nHeads * (2 * 512 + 64) * (start + 1);
    assert.equal(cost?.flops, expected);
  }
});

test("DeepSeek-V3's attention costs 69.6 GFLOP and reads 0.288 GB of cache at 4k tokens", () => {
  const attention = mlaDecodeOperators(DEEPSEEK_V3).filter((op) => op.kind === "attention");
  const [cost] = chunkCost(decodeChunk(attention, 4095), () => 0);
  assert.equal(((cost?.flops ?? 0) / 1e9).toFixed(1), "69.6");
  assert.equal(((cost?.kvReadBytes ?? 0) / 1e9).toFixed(3), "0.288");
});

test("a decode step reads the active parameters' bytes, one embedding row and writes one cache row", () => {
  const [cost] = chunkCost(decodeChunk(mlaDecodeOperators(DEEPSEEK_V3), 0), () => 8);
  const biases = 58 * 256;
  const read = countParameters(DEEPSEEK_V3).active - biases + DEEPSEEK_V3.dModel;
  assert.equal(cost?.weightBytes, 2 * read);
  assert.equal(cost?.kvWriteBytes, 70_272);
});

test("a step reads each expert once, however many of its tokens chose it", () => {
  const routing: RoutingRecord = {
    layers: [1, 2],
    nTokens: 3,
    nExperts: 4,
    nExpertsPerToken: 2,
    indices: Int32Array.of(0, 1, 1, 0, 3, 1, 2, 3, 0, 1, 2, 3), // (2, 3, 2)
    weights: new Float32Array(12),
    entropyBits: new Float32Array(6),
    biasedScores: null,
  };
  assert.equal(touchedExperts(routing, 0, { start: 0, nTokens: 3 }), 3);
  assert.equal(touchedExperts(routing, 0, { start: 0, nTokens: 2 }), 2);
  assert.equal(touchedExperts(routing, 1, { start: 0, nTokens: 3 }), 4);
  assert.equal(touchedExperts(routing, 1, { start: 2, nTokens: 1 }), 2);
  assert.throws(() => touchedExperts(routing, 2, { start: 0, nTokens: 1 }), /2 layers/);
});

test("a query sees no key of its future and none outside the window", () => {
  const attention = (window: number | null): CostedOperator => ({
    kind: "attention",
    scale: 1,
    window,
    nHeads: 2,
    nKvHeads: 1,
    dKey: 3,
    dValue: 5,
    q: shaped("f32", 4, 2, 3),
    k: shaped("f32", 8, 1, 3),
    v: shaped("f32", 8, 1, 5),
    sinks: null,
    selection: null,
    temperatures: null,
    mask: null,
    out: shaped("f32", 4, 2, 5),
    lse: shaped("f32", 4, 2),
    moments: null,
  });
  const chunk: CostedChunk = {
    phase: "prefill",
    start: 1,
    nTokens: 4,
    operators: dense(attention(null)),
    durationMs: 8,
  };
  const perPair = 2 * 2 * (3 + 5);
  const full = chunkCost(chunk, () => 0);
  assert.deepEqual(
    full.map((c) => c.flops / perPair),
    [2, 3, 4, 5],
  );
  assert.equal(full[0]?.durationMs, 2);
  assert.equal(
    full.reduce((n, c) => n + c.kvReadBytes, 0),
    5 * (3 + 5) * 4,
  );
  const windowed = chunkCost({ ...chunk, operators: dense(attention(3)) }, () => 0);
  assert.deepEqual(
    windowed.map((c) => c.flops / perPair),
    [2, 3, 3, 3],
  );
});

test("expanding the latent costs each cached token once a step, and its bytes are counted", () => {
  const cost = operatorCost(
    {
      kind: "mlaExpand",
      cache: shaped("f32", 16, 6),
      keyWeight: shaped("bf16", 2, 4, 3),
      valueWeight: shaped("bf16", 2, 5, 4),
      k: shaped("f32", 16, 2, 5),
      v: shaped("f32", 16, 2, 5),
    },
    { start: 3, nTokens: 2 },
    0,
  );
  assert.equal(cost.flopsPerStep, 2 * 5 * (2 * 4 * 3 + 2 * 5 * 4));
  assert.equal(cost.kvReadBytes, 5 * 6 * 4);
  assert.equal(cost.kvWriteBytes, 5 * (10 + 10) * 4);
  assert.equal(cost.weightBytes, 2 * (24 + 40));
});

test("a run's record keeps prefill and decode apart and says null where nothing was timed", () => {
  const spec = { ...QWEN_0_5B };
  const matmul: CostedOperator = {
    kind: "matmul",
    rows: "tokens",
    x: shaped("f32", 3, 4),
    weight: shaped("bf16", 5, 4),
    bias: shaped("f32", 5),
    residual: null,
    out: shaped("f32", 3, 5),
  };
  const record = costOf({
    spec,
    routing: null,
    cacheBytesPerElement: 4,
    decodeOperators: dense(matmul),
    chunks: [
      { phase: "prefill", start: 0, nTokens: 3, operators: dense(matmul), durationMs: 6 },
      { phase: "decode", start: 3, nTokens: 1, operators: dense(matmul), durationMs: null },
    ],
  });
  assert.equal(record.prefillMs, 6);
  assert.equal(record.decodeMs, null);
  assert.deepEqual(
    record.tokens.map((t) => [t.index, t.phase, t.flops, t.weightBytes, t.durationMs]),
    [
      [0, "prefill", 45, 20, 2],
      [1, "prefill", 45, 20, 2],
      [2, "prefill", 45, 20, 2],
      [3, "decode", 45, 60, null],
    ],
  );
  assert.equal(record.nextDecode.index, 4);
  assert.equal(record.kvCacheBytes, 4 * record.kvBytesPerToken);
  assert.equal(record.sharedPrefixTokens, 0);
  const [first, ...others] = record.tokens;
  const shared = costOf({
    spec,
    routing: null,
    cacheBytesPerElement: 4,
    decodeOperators: dense(matmul),
    chunks: [
      {
        phase: "prefill",
        start: 0,
        nTokens: 1,
        isShared: true,
        operators: dense(matmul),
        durationMs: 0,
      },
      { phase: "prefill", start: 1, nTokens: 3, operators: dense(matmul), durationMs: 6 },
    ],
  });
  assert.equal(shared.sharedPrefixTokens, 1);
  assert.equal(shared.prefillMs, 6);
  const nothing = { flops: 0, weightBytes: 0, kvReadBytes: 0, kvWriteBytes: 0, durationMs: 0 };
  assert.deepEqual(shared.tokens[0], { ...first, ...nothing });
  assert.deepEqual(
    shared.tokens.slice(1).map(({ index, flops }) => [index, flops]),
    others.map(({ index, flops }) => [index, flops]),
  );
});

function decodeChunk(operators: readonly CostedOperator[], start: number): CostedChunk {
  return { phase: "decode", start, nTokens: 1, operators: dense(...operators), durationMs: null };
}

/** Where all that matters is the sum. */
function dense(...operators: readonly CostedOperator[]): ClassedOperator[] {
  return operators.map((operator) => ({ operator, costClass: "dense" }));
}
