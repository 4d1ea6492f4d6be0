import type { PlainBytes } from "../../../engine/backend/backend.ts";
import {
  type OperatorCase,
  operatorCase,
  out,
  token,
  weight,
  whole,
  wholeOut,
} from "./operatorCase.ts";
import { Seeded } from "./seeded.ts";

type WeightDType = PlainBytes["dtype"];

export function embed(T: number, V: number, M: number, dtype: WeightDType): OperatorCase {
  const random = new Seeded(T * 1009 + M);
  const ids = random.ints(T, V);
  ids[0] = V - 1;
  if (T > 1) ids[T - 1] = 0;
  return operatorCase({
    kind: "embed",
    name: `T=${T} V=${V} M=${M} ${dtype}`,
    step: { nTokens: T, start: 0 },
    tolerance: 0,
    fields: {
      ids: token(T, [], ids),
      table: weight([V, M], random.weight(V * M, dtype)),
      out: out("token", T, [M]),
    },
    operator: (t) => ({ kind: "embed", ids: t.ids, table: t.table, out: t.out }),
  });
}

export function rmsNorm(
  T: number,
  N: number,
  dtype: WeightDType,
  scale: number,
  eps: number,
): OperatorCase {
  const random = new Seeded(T * 31 + N);
  return operatorCase({
    kind: "rmsNorm",
    name: `T=${T} N=${N} ${dtype} |x|<${scale} eps=${eps}`,
    step: { nTokens: T, start: 3 },
    tolerance: 2e-6,
    fields: {
      x: token(T, [N], random.floats(T * N, scale)),
      weight: weight([N], random.weight(N, dtype)),
      out: out("token", T, [N]),
    },
    operator: (t) => ({
      kind: "rmsNorm",
      rows: "tokens",
      x: t.x,
      weight: t.weight,
      eps,
      out: t.out,
    }),
  });
}

/** Every head of a row on its own. */
function rmsNormOfHeads(T: number, H: number, N: number, dtype: WeightDType): OperatorCase {
  const random = new Seeded(T * 31 + H + N);
  return operatorCase({
    kind: "rmsNorm",
    name: `T=${T} x of (T, ${H}, ${N}) ${dtype}`,
    step: { nTokens: T, start: 3 },
    tolerance: 2e-6,
    fields: {
      x: token(T, [H, N], random.floats(T * H * N)),
      weight: weight([N], random.weight(N, dtype)),
      out: out("token", T, [H, N]),
    },
    operator: (t) => ({
      kind: "rmsNorm",
      rows: "tokens",
      x: t.x,
      weight: t.weight,
      eps: 1e-6,
      out: t.out,
    }),
  });
}

/** How much larger than a row's spread its values are, at worst: subtracting the mean loses as many digits. */
function worstCondition(data: Float32Array, N: number, eps: number): number {
  const rows = Array.from({ length: data.length / N }, (_, t) => [
    ...data.subarray(t * N, (t + 1) * N),
  ]);
  return Math.max(
    ...rows.map((row) => {
      const mean = row.reduce((sum, x) => sum + x, 0) / N;
      const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / N;
      return Math.max(...row.map(Math.abs)) / Math.sqrt(variance + eps);
    }),
  );
}

export function layerNorm(
  T: number,
  N: number,
  dtype: WeightDType,
  biasDType: WeightDType,
  eps: number,
): OperatorCase {
  const random = new Seeded(T * 37 + N);
  const data = random.floats(T * N, 2).map((x) => x + 1);
  return operatorCase({
    kind: "layerNorm",
    name: `T=${T} N=${N} ${dtype} + ${biasDType} eps=${eps}`,
    step: { nTokens: T, start: 0 },
    tolerance: 5e-7 * Math.max(10, worstCondition(data, N, eps)),
    fields: {
      x: token(T, [N], data),
      weight: weight([N], random.weight(N, dtype)),
      bias: weight([N], random.weight(N, biasDType)),
      out: out("token", T, [N]),
    },
    operator: (t) => ({
      kind: "layerNorm",
      rows: "tokens",
      x: t.x,
      weight: t.weight,
      bias: t.bias,
      eps,
      out: t.out,
    }),
  });
}

function layerNormOne(N: number): OperatorCase {
  const random = new Seeded(N);
  return operatorCase({
    kind: "layerNorm",
    name: `one row of N=${N} in a step of 17`,
    step: { nTokens: 17, start: 0 },
    tolerance: 5e-6,
    rowInvariant: false,
    fields: {
      x: whole([1, N], random.floats(N)),
      weight: weight([N], random.weight(N, "f32")),
      bias: weight([N], random.weight(N, "f32")),
      out: out("one", 1, [N]),
    },
    operator: (t) => ({
      kind: "layerNorm",
      rows: "one",
      x: t.x,
      weight: t.weight,
      bias: t.bias,
      eps: 1e-5,
      out: t.out,
    }),
  });
}

export function addPosition(
  T: number,
  start: number,
  M: number,
  dtype: WeightDType,
  shift = 0,
): OperatorCase {
  const random = new Seeded(T * 41 + M);
  const positions = start + T + shift + 2;
  return operatorCase({
    kind: "addPosition",
    name: `T=${T} start=${start} M=${M} ${dtype}${shift === 0 ? "" : ` shift=${shift}`}`,
    step: { nTokens: T, start },
    tolerance: 1e-6,
    fields: {
      x: token(T, [M], random.floats(T * M)),
      table: weight([positions, M], random.weight(positions * M, dtype)),
      out: out("token", T, [M]),
    },
    operator: (t) => ({ kind: "addPosition", shift, x: t.x, table: t.table, out: t.out }),
  });
}

export function clamp(T: number, N: number, limit: number): OperatorCase {
  const random = new Seeded(T * N);
  return operatorCase({
    kind: "clamp",
    name: `T=${T} N=${N} limit=${limit}`,
    step: { nTokens: T, start: 0 },
    tolerance: 1e-7,
    fields: { x: token(T, [N], random.floats(T * N, 2)), out: out("token", T, [N]) },
    operator: (t) => ({ kind: "clamp", limit, x: t.x, out: t.out }),
  });
}

export function gelu(T: number, N: number, scale: number): OperatorCase {
  const random = new Seeded(T * N);
  return operatorCase({
    kind: "gelu",
    name: `T=${T} N=${N} |x|<${scale}`,
    step: { nTokens: T, start: 0 },
    tolerance: 5e-6,
    fields: { x: token(T, [N], random.floats(T * N, scale)), out: out("token", T, [N]) },
    operator: (t) => ({ kind: "gelu", x: t.x, out: t.out }),
  });
}

function rmsNormOne(N: number): OperatorCase {
  const random = new Seeded(N);
  return operatorCase({
    kind: "rmsNorm",
    name: `one row of N=${N} in a step of 17`,
    step: { nTokens: 17, start: 0 },
    tolerance: 2e-6,
    rowInvariant: false,
    fields: {
      x: whole([1, N], random.floats(N)),
      weight: weight([N], random.weight(N, "bf16")),
      out: out("one", 1, [N]),
    },
    operator: (t) => ({
      kind: "rmsNorm",
      rows: "one",
      x: t.x,
      weight: t.weight,
      eps: 1e-6,
      out: t.out,
    }),
  });
}

export function matmul(
  T: number,
  K: number,
  N: number,
  dtype: WeightDType,
  bias: boolean,
  residual: boolean,
): OperatorCase {
  const random = new Seeded(T * 7919 + K * 31 + N);
  const extras = `${bias ? " + bias" : ""}${residual ? " + residual" : ""}`;
  return operatorCase({
    kind: "matmul",
    name: `T=${T} K=${K} N=${N} ${dtype}${extras}`,
    step: { nTokens: T, start: 0 },
    tolerance: 5e-6,
    fields: {
      x: token(T, [K], random.floats(T * K)),
      weight: weight([N, K], random.weight(N * K, dtype)),
      bias: weight([N], random.weight(N, dtype)),
      residual: token(T, [N], random.floats(T * N)),
      out: out("token", T, [N]),
    },
    operator: (t) => ({
      kind: "matmul",
      rows: "tokens",
      x: t.x,
      weight: t.weight,
      bias: bias ? t.bias : null,
      residual: residual ? t.residual : null,
      out: t.out,
    }),
  });
}

function matmulOne(K: number, N: number): OperatorCase {
  const random = new Seeded(K + N);
  return operatorCase({
    kind: "matmul",
    name: `one row of K=${K} N=${N} bf16 in a step of 17`,
    step: { nTokens: 17, start: 0 },
    tolerance: 5e-6,
    rowInvariant: false,
    fields: {
      x: whole([1, K], random.floats(K)),
      weight: weight([N, K], random.weight(N * K, "bf16")),
      out: out("one", 1, [N]),
    },
    operator: (t) => ({
      kind: "matmul",
      rows: "one",
      x: t.x,
      weight: t.weight,
      bias: null,
      residual: null,
      out: t.out,
    }),
  });
}

/** x with heads and dims of its own axes, as an attention output enters o_proj. */
function matmulOfHeads(T: number, H: number, D: number, N: number): OperatorCase {
  const random = new Seeded(T + H + D + N);
  return operatorCase({
    kind: "matmul",
    name: `T=${T} x of (T, ${H}, ${D}) N=${N} bf16`,
    step: { nTokens: T, start: 0 },
    tolerance: 5e-6,
    fields: {
      x: token(T, [H, D], random.floats(T * H * D)),
      weight: weight([N, H * D], random.weight(N * H * D, "bf16")),
      out: out("token", T, [N]),
    },
    operator: (t) => ({
      kind: "matmul",
      rows: "tokens",
      x: t.x,
      weight: t.weight,
      bias: null,
      residual: null,
      out: t.out,
    }),
  });
}

export function add(T: number, N: number): OperatorCase {
  const random = new Seeded(T * N);
  return operatorCase({
    kind: "add",
    name: `T=${T} N=${N}`,
    step: { nTokens: T, start: 0 },
    tolerance: 1e-6,
    fields: {
      a: token(T, [N], random.floats(T * N)),
      b: token(T, [N], random.floats(T * N, 100)),
      out: out("token", T, [N]),
    },
    operator: (t) => ({ kind: "add", a: t.a, b: t.b, out: t.out }),
  });
}

export function swiGlu(T: number, I: number, scale: number): OperatorCase {
  const random = new Seeded(T * I);
  return operatorCase({
    kind: "swiGlu",
    name: `T=${T} I=${I} |gate|<${scale}`,
    step: { nTokens: T, start: 0 },
    tolerance: 5e-6,
    fields: {
      gate: token(T, [I], random.floats(T * I, scale)),
      up: token(T, [I], random.floats(T * I)),
      out: out("token", T, [I]),
    },
    operator: (t) => ({ kind: "swiGlu", gate: t.gate, up: t.up, out: t.out }),
  });
}

function writeRows(T: number, start: number, W: number): OperatorCase {
  const random = new Seeded(T * W + start);
  const context = start + T + 3;
  return operatorCase({
    kind: "writeRows",
    name: `T=${T} start=${start} W=${W}`,
    step: { nTokens: T, start },
    tolerance: 0,
    rowInvariant: false,
    fields: {
      x: token(T, [W], random.floats(T * W)),
      cache: wholeOut([context, W], random.floats(context * W)),
    },
    operator: (t) => ({ kind: "writeRows", x: t.x, cache: t.cache }),
  });
}

function lastRow(T: number, N: number): OperatorCase {
  const random = new Seeded(T * N);
  return operatorCase({
    kind: "lastRow",
    name: `T=${T} N=${N}`,
    step: { nTokens: T, start: 4 },
    tolerance: 0,
    rowInvariant: false,
    fields: { x: token(T, [N], random.floats(T * N)), out: out("one", 1, [N]) },
    operator: (t) => ({ kind: "lastRow", x: t.x, out: t.out }),
  });
}

/** Every third token is not known. */
function tokenLogProbs(T: number, V: number, scale: number): OperatorCase {
  const random = new Seeded(T * 53 + V);
  const ids = Int32Array.from({ length: T }, (_, t) => (t % 3 === 2 ? -1 : (t * 7919) % V));
  return operatorCase({
    kind: "tokenLogProbs",
    name: `T=${T} V=${V} scale=${scale}`,
    step: { nTokens: T, start: 4 },
    tolerance: 2e-6,
    fields: {
      logits: token(T, [V], random.floats(T * V, scale)),
      ids: token(T, [], ids),
      out: out("token", T, []),
    },
    operator: (t) => ({ kind: "tokenLogProbs", logits: t.logits, ids: t.ids, out: t.out }),
  });
}

export const denseCases: readonly OperatorCase[] = [
  embed(1, 5, 7, "f32"),
  embed(17, 50, 12, "bf16"),
  embed(70, 300, 33, "f16"),
  embed(17, 64, 192, "bf16"),
  rmsNorm(1, 7, "f32", 1, 1e-6),
  rmsNorm(2, 70, "bf16", 1000, 1e-5),
  rmsNorm(17, 192, "bf16", 1, 1e-6),
  rmsNorm(17, 33, "f16", 1e-3, 1e-5),
  rmsNorm(70, 257, "bf16", 1, 1e-6),
  rmsNormOne(192),
  rmsNormOfHeads(17, 4, 24, "bf16"),
  rmsNormOfHeads(2, 3, 7, "f32"),
  layerNorm(1, 7, "f32", "f32", 1e-5),
  layerNorm(17, 192, "bf16", "f32", 1e-5),
  layerNorm(17, 33, "f16", "bf16", 1e-6),
  layerNorm(2, 1025, "bf16", "bf16", 1e-5),
  layerNormOne(65),
  addPosition(1, 0, 5, "f32"),
  addPosition(17, 9, 33, "bf16"),
  addPosition(3, 2, 8, "f16"),
  addPosition(5, 3, 12, "bf16", 7),
  clamp(17, 33, 1.25),
  clamp(1, 5, 100),
  matmul(1, 64, 48, "bf16", false, false),
  matmul(1, 300, 257, "f32", true, true),
  matmul(2, 7, 5, "f16", true, true),
  matmul(17, 1, 1, "f32", false, false),
  matmul(17, 70, 33, "bf16", true, false),
  matmul(17, 96, 100, "f16", false, true),
  matmul(17, 1031, 9, "bf16", false, false),
  matmul(17, 530, 20, "f32", false, false),
  matmul(70, 192, 131, "bf16", false, true),
  matmul(70, 61, 64, "f32", true, false),
  matmulOne(192, 307),
  matmulOfHeads(17, 4, 32, 50),
  add(1, 3),
  add(17, 192),
  add(70, 35),
  swiGlu(1, 5, 4),
  swiGlu(17, 96, 10),
  swiGlu(70, 33, 120),
  gelu(1, 5, 1),
  gelu(17, 33, 8),
  gelu(70, 96, 120),
  writeRows(1, 0, 5),
  writeRows(17, 9, 80),
  lastRow(1, 7),
  lastRow(17, 192),
  tokenLogProbs(1, 7, 1),
  tokenLogProbs(17, 3072, 4),
  tokenLogProbs(4, 20_001, 90),
  tokenLogProbs(70, 33, 300),
];
