import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DeviceDType } from "../../engine/backend/deviceTensor.ts";
import {
  type CostedOperator,
  type OperatorCost,
  operatorCost,
  type TensorShape,
} from "../../engine/cost/operatorCost.ts";

const f32 = (...shape: number[]): TensorShape => ({ dtype: "f32", shape });
const bf16 = (...shape: number[]): TensorShape => ({ dtype: "bf16", shape });
const i32 = (...shape: number[]): TensorShape => ({ dtype: "i32", shape });

/** Two tokens after three: S = 5. Four experts are touched. */
const costs = (op: CostedOperator): Partial<OperatorCost> => {
  const cost = operatorCost(op, { start: 3, nTokens: 2 }, 4);
  const given = Object.entries(cost).filter(([, value]) => value !== 0 && value !== null);
  return Object.fromEntries(given);
};

const norm = { x: f32(2, 12), eps: 1e-6, out: f32(2, 12) };
const expertsUp: CostedOperator & { kind: "expertsUp" } = {
  kind: "expertsUp",
  x: f32(2, 5),
  indices: i32(2, 3),
  activation: { kind: "silu" },
  gate: bf16(8, 7, 5),
  up: bf16(8, 7, 5),
  gateBias: null,
  upBias: null,
  out: f32(2, 3, 7),
};
const expertsDown: CostedOperator & { kind: "expertsDown" } = {
  kind: "expertsDown",
  h: f32(2, 3, 7),
  indices: i32(2, 3),
  down: bf16(8, 5, 7),
  bias: null,
  out: f32(2, 3, 5),
};
const attention: CostedOperator & { kind: "attention" } = {
  kind: "attention",
  scale: 1,
  window: null,
  nHeads: 6,
  nKvHeads: 2,
  dKey: 3,
  dValue: 5,
  q: f32(2, 6, 3),
  k: f32(16, 2, 3),
  v: f32(16, 2, 5),
  sinks: null,
  selection: null,
  temperatures: null,
  mask: null,
  out: f32(2, 6, 5),
  lse: f32(2, 6),
  moments: null,
};

describe("what one operator costs in a step of two tokens after three", () => {
  test("tables are read one row for each token", () => {
    const table = bf16(100, 12);
    const embed = { kind: "embed", ids: i32(2), table, out: f32(2, 12) } as const;
    assert.deepEqual(costs(embed), { weightBytes: 2 * 12 * 2 });
    const position = {
      kind: "addPosition",
      shift: 0,
      x: f32(2, 12),
      table,
      out: f32(2, 12),
    } as const;
    assert.deepEqual(costs(position), { weightBytes: 2 * 12 * 2 });
  });

  test("a norm is two operations an element, three with its bias, for every token or the last", () => {
    const rms = { kind: "rmsNorm", weight: f32(4), ...norm } as const;
    assert.deepEqual(costs({ ...rms, rows: "tokens" }), { flopsPerToken: 24, weightBytes: 16 });
    assert.deepEqual(costs({ ...rms, rows: "one" }), { flopsLastToken: 24, weightBytes: 16 });
    const layer = { kind: "layerNorm", weight: f32(12), bias: bf16(12), ...norm } as const;
    const bytes = { weightBytes: 12 * (4 + 2) };
    assert.deepEqual(costs({ ...layer, rows: "tokens" }), { flopsPerToken: 36, ...bytes });
    assert.deepEqual(costs({ ...layer, rows: "one" }), { flopsLastToken: 36, ...bytes });
  });

  test("a product is two operations a weight and one a bias, for every token or the last", () => {
    const x = f32(2, 12);
    const plain = {
      kind: "matmul",
      x,
      weight: bf16(7, 12),
      residual: null,
      out: f32(2, 7),
    } as const;
    const [bare, biased] = [
      { ...plain, bias: null },
      { ...plain, bias: f32(7) },
    ];
    const bytes = { weightBytes: 7 * 12 * 2 };
    assert.deepEqual(costs({ ...bare, rows: "tokens" }), { flopsPerToken: 2 * 84, ...bytes });
    assert.deepEqual(costs({ ...biased, rows: "one" }), {
      flopsLastToken: 2 * 84 + 7,
      weightBytes: 7 * 12 * 2 + 7 * 4,
    });
  });

  test("packed weights are counted with their share of the scales", () => {
    const bytesOf = (dtype: DeviceDType): number | undefined =>
      costs({
        kind: "matmul",
        rows: "tokens",
        x: f32(2, 128),
        weight: { dtype, shape: [10, 128] },
        bias: null,
        residual: null,
        out: f32(2, 10),
      }).weightBytes;
    assert.equal(bytesOf("f64"), 10 * 128 * 8);
    assert.equal(bytesOf("f32"), 10 * 128 * 4);
    assert.equal(bytesOf("i32"), 10 * 128 * 4);
    assert.equal(bytesOf("f16"), 10 * 128 * 2);
    assert.equal(bytesOf("bf16"), 10 * 128 * 2);
    assert.equal(bytesOf("f8e4m3"), 10 * (128 + 4)); // a group of 128, an f32 scale
    assert.equal(bytesOf("mxfp4"), 10 * (64 + 4)); // four groups, a byte each
    assert.equal(bytesOf("q8_0"), 10 * (128 + 8)); // four groups, an f16 each
    assert.equal(bytesOf("q4_0"), 10 * (64 + 8));
  });

  test("latent attention multiplies every weight once a token and writes one row", () => {
    const [cos, sin] = [f32(16, 1), f32(16, 1)];
    const latent = { kind: "mlaLatent", layout: "half", eps: 1, cos, sin } as const;
    assert.deepEqual(costs({ ...latent, x: f32(2, 6), weight: f32(4), out: f32(2, 6) }), {
      flopsPerToken: 8,
      weightBytes: 16,
    });
    const [q, out] = [f32(2, 3, 7), f32(2, 3, 6)];
    assert.deepEqual(costs({ kind: "mlaAbsorbQuery", q, keyWeight: bf16(3, 4, 5), out }), {
      flopsPerToken: 2 * 60,
      weightBytes: 120,
    });
    const u = f32(2, 3, 4);
    assert.deepEqual(costs({ kind: "mlaValue", u, valueWeight: bf16(3, 5, 4), out }), {
      flopsPerToken: 2 * 60,
      weightBytes: 120,
    });
    assert.deepEqual(costs({ kind: "writeRows", x: f32(2, 6), cache: f32(16, 6) }), {
      kvWriteBytes: 2 * 6 * 4,
    });
  });

  test("the indexer looks at every key with every head", () => {
    const [q, k, weights] = [f32(2, 3, 4), f32(16, 4), f32(2, 3)];
    assert.deepEqual(costs({ kind: "indexScores", scale: 1, q, k, weights, out: f32(2, 16) }), {
      flopsPerPair: 3 * (2 * 4 + 3),
      kvReadBytes: 5 * 4 * 4,
    });
  });

  test("attention reads each key and value that some query sees once", () => {
    const flopsPerPair = 2 * 6 * (3 + 5);
    const row = 2 * (3 + 5) * 4;
    assert.deepEqual(costs(attention), { flopsPerPair, kvReadBytes: 5 * row });
    assert.deepEqual(costs({ ...attention, window: 2 }), {
      flopsPerPair,
      window: 2,
      kvReadBytes: 3 * row, // the older query sees one key more on its side
    });
    assert.deepEqual(costs({ ...attention, window: 100 }), {
      flopsPerPair,
      window: 100,
      kvReadBytes: 5 * row,
    });
    assert.deepEqual(costs({ ...attention, v: null, sinks: bf16(6) }), {
      flopsPerPair,
      weightBytes: 12,
      kvReadBytes: 5 * 2 * 3 * 4,
    });
    assert.deepEqual(costs({ ...attention, selection: i32(2, 2) }), {
      flopsPerPair,
      window: 2,
      kvReadBytes: 4 * row, // two queries with two keys each
    });
    assert.deepEqual(costs({ ...attention, selection: i32(2, 3) }), {
      flopsPerPair,
      window: 3,
      kvReadBytes: 5 * row, // no more than there are
    });
  });

  test("attention taken apart costs its scores and its sums, each with what it reads of the cache", () => {
    const { scale, nHeads, nKvHeads, dKey, dValue, q, k, temperatures, mask } = attention;
    const heads = { scale, nHeads, nKvHeads, dKey, q, k, temperatures, mask };
    const [map, z] = [f32(2, 6, 16), f32(2, 6, 5)];
    const scores = {
      kind: "attentionScores",
      ...heads,
      lse: null,
      selection: null,
      out: map,
    } as const;
    const flopsPerPair = 2 * 6 * 3;
    assert.deepEqual(costs({ ...scores, window: null }), {
      flopsPerPair,
      kvReadBytes: 5 * 2 * 3 * 4,
    });
    assert.deepEqual(costs({ ...scores, window: 2 }), {
      flopsPerPair,
      window: 2,
      kvReadBytes: 3 * 2 * 3 * 4,
    });
    const maps = { x: map, before: map, pattern: map, out: map };
    const softmax = { kind: "softmax", ...maps, norms: f32(2, 6), lse: f32(2, 6) } as const;
    assert.deepEqual(costs({ ...softmax, sinks: null }), {});
    assert.deepEqual(costs({ ...softmax, sinks: bf16(6) }), { weightBytes: 12 });
    const mix = { kind: "mixValues", nHeads, nKvHeads, dValue, pattern: map, before: map } as const;
    assert.deepEqual(costs({ ...mix, z, values: f32(16, 2, 5), out: z }), {
      flopsPerPair: 2 * 6 * 5,
      kvReadBytes: 5 * 2 * 5 * 4,
    });
  });

  test("experts cost what the chosen ones hold, and are read as many as were touched", () => {
    assert.deepEqual(costs(expertsUp), {
      flopsPerToken: 3 * 2 * (35 + 35),
      weightBytes: 4 * (35 + 35) * 2,
    });
    assert.deepEqual(costs({ ...expertsUp, gateBias: f32(8, 7), upBias: f32(8, 7) }), {
      flopsPerToken: 3 * (2 * (35 + 35) + 7 + 7),
      weightBytes: 4 * ((35 + 35) * 2 + (7 + 7) * 4),
    });
    assert.deepEqual(costs(expertsDown), { flopsPerToken: 3 * 2 * 35, weightBytes: 4 * 35 * 2 });
    assert.deepEqual(costs({ ...expertsDown, bias: f32(8, 5) }), {
      flopsPerToken: 3 * (2 * 35 + 5),
      weightBytes: 4 * (35 * 2 + 5 * 4),
    });
  });

  test("a tile of a map and the heads' own shares are counted too", () => {
    const tile = {
      mode: "scores",
      pool: null,
      scale: 1,
      window: null,
      selection: null,
      temperatures: null,
      mask: null,
    } as const;
    const range = { headStart: 1, headCount: 2, queryStart: 3, queryCount: 4 };
    assert.deepEqual(
      costs({
        kind: "attentionTile",
        ...tile,
        ...range,
        ...{ nHeads: 6, nKvHeads: 2, dKey: 3, keyStart: 1, keyCount: 7 },
        ...{ q: f32(8, 6, 3), k: f32(16, 2, 3), lse: f32(8, 6), out: f32(2, 4, 7) },
      }),
      { flopsPerStep: 2 * 2 * 4 * 7 * 3, kvReadBytes: 7 * 2 * 3 * 4 },
    );
    const [z, outputWeight, out] = [f32(2, 3, 4), bf16(10, 12), f32(2, 3, 10)];
    assert.deepEqual(costs({ kind: "projectHeads", z, outputWeight, out }), {
      flopsPerToken: 2 * 120,
      weightBytes: 240,
    });
  });

  test("streams cost their norm, what is read of them, and what is written and mixed", () => {
    const [x, delta, pre, post, comb] = [
      f32(2, 3, 4),
      f32(2, 4),
      f32(2, 3),
      f32(2, 3),
      f32(2, 3, 3),
    ];
    const weights = {
      kind: "streamWeights",
      ...{ normEps: 1e-6, eps: 1e-6, sinkhornSteps: 20 },
      ...{ x, logits: f32(2, 15), base: bf16(15), scale: f32(3), pre, post, comb },
    } as const;
    assert.deepEqual(costs(weights), { flopsPerToken: 2 * 12, weightBytes: 15 * 2 + 3 * 4 });
    assert.deepEqual(costs({ kind: "spreadStreams", x: delta, out: x }), {});
    const read = { kind: "readStreams", x, pre, out: delta } as const;
    assert.deepEqual(costs(read), { flopsPerToken: 2 * 12 });
    const write = { kind: "writeStreams", x, delta, post, comb, out: f32(2, 3, 4) } as const;
    assert.deepEqual(costs(write), { flopsPerToken: 2 * 4 * 12 });
  });

  test("elementwise work is left out, and of a router its bias alone is read", () => {
    const [a, b, out] = [f32(2, 4), f32(2, 4), f32(2, 4)];
    assert.deepEqual(costs({ kind: "add", a, b, out }), {});
    assert.deepEqual(costs({ kind: "swiGlu", gate: a, up: b, out }), {});
    assert.deepEqual(costs({ kind: "lastRow", x: a, out }), {});
    const columns = { columnStart: 1, columnCount: 2, factor: 1, rows: i32(2) };
    assert.deepEqual(
      costs({ kind: "edit", action: "add", ...columns, x: a, values: f32(1, 2), out }),
      {},
    );
    const logProbs = { logits: a, ids: i32(2), out: f32(2) };
    assert.deepEqual(costs({ kind: "tokenLogProbs", ...logProbs }), {});
    const groups = { nGroups: 1, nGroupsKept: 1, groupScore: "max" } as const;
    const route = {
      kind: "route",
      scoring: "softmax",
      k: 2,
      normalize: true,
      scale: 1,
      ...groups,
      logits: a,
      adjust: null,
      adjustRows: null,
      counts: null,
      scores: a,
      biased: b,
      indices: i32(2, 2),
      weights: f32(2, 2),
    } as const;
    assert.deepEqual(costs({ ...route, bias: null }), {});
    assert.deepEqual(costs({ ...route, bias: f32(4) }), { weightBytes: 16 });
    const adjusted = { ...route, bias: null, adjust: f32(2, 4), adjustRows: i32(2) };
    assert.deepEqual(costs(adjusted), {});
  });
});
