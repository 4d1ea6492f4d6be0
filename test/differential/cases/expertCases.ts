import type { PlainBytes } from "../../../engine/backend/backend.ts";
import type { GluActivation } from "../../../engine/backend/operators.ts";
import { type OperatorCase, operatorCase, out, token, weight, whole } from "./operatorCase.ts";
import { Seeded } from "./seeded.ts";

type WeightDType = PlainBytes["dtype"];

interface Gate {
  name: string;
  T: number;
  E: number;
  k: number;
  scoring: "sigmoid" | "softmax";
  groups?: readonly [number, number];
  groupScore?: "top2sum" | "max";
  normalize?: boolean;
  scale?: number;
  bias?: number;
  /** Rounds logits and biases to halves, so that most rows hold ties. */
  ties?: boolean;
  /** Forced and forbidden experts of an adjusted row, beside random changes; "zeros" changes nothing. */
  /** Rows choose from none to all k. */
  counted?: true;
  adjust?: { readonly forced: readonly number[]; readonly forbidden: readonly number[] } | "zeros";
}

/** Adjustments: for each of three rows the experts move by that row; the middle row is never named, and NaN. */
function adjustments(random: Seeded, E: number, adjust: Gate["adjust"]): Float32Array {
  if (adjust === undefined || adjust === "zeros") return new Float32Array(3 * E);
  const values = random.floats(3 * E, 0.4).map((x, i) => (i % 3 === 0 ? 0 : x));
  values.fill(Number.NaN, E, 2 * E);
  for (const row of [0, 2]) {
    for (const e of adjust.forced) values[row * E + ((e + row) % E)] = Number.POSITIVE_INFINITY;
    for (const e of adjust.forbidden) values[row * E + ((e + row) % E)] = Number.NEGATIVE_INFINITY;
  }
  return values;
}

export function route(gate: Gate): OperatorCase {
  const { T, E, k, scoring, groupScore = "top2sum", normalize = false, scale = 1 } = gate;
  const [nGroups, nGroupsKept] = gate.groups ?? [1, 1];
  const random = new Seeded(T * E + k + nGroups);
  const coarse = (x: number): number => (gate.ties ? Math.round(2 * x) / 2 : x);
  const logits = random.floats(T * E, 4).map(coarse);
  const bias = random.floats(E, gate.bias ?? 0).map(coarse);
  const adjust = adjustments(random, E, gate.adjust);
  const adjustRows = random.ints(T, 3).map((r) => (r === 1 ? -1 : r));
  const bytes: PlainBytes = { dtype: "f32", data: new Uint8Array(bias.slice().buffer) };
  return operatorCase({
    kind: "route",
    name: `${gate.name} (T=${T} E=${E} k=${k} ${scoring})${gate.counted ? " counted" : ""}`,
    step: { nTokens: T, start: 1 },
    tolerance: 5e-6,
    fields: {
      logits: token(T, [E], logits),
      bias: weight([E], bytes),
      adjust: whole([3, E], adjust),
      adjustRows: token(T, [], adjustRows),
      counts: token(
        T,
        [],
        random.ints(T, k + 2).map((count) => count - 1),
      ),
      scores: out("token", T, [E]),
      biased: out("token", T, [E]),
      indices: out("token", T, [k], "i32"),
      weights: out("token", T, [k]),
    },
    operator: (t) => ({
      kind: "route",
      scoring,
      k,
      nGroups,
      nGroupsKept,
      groupScore,
      normalize,
      scale,
      logits: t.logits,
      bias: gate.bias === undefined ? null : t.bias,
      adjust: gate.adjust ? t.adjust : null,
      adjustRows: gate.adjust ? t.adjustRows : null,
      counts: gate.counted ? t.counts : null,
      scores: t.scores,
      biased: t.biased,
      indices: t.indices,
      weights: t.weights,
    }),
  });
}

interface ExpertDims {
  T: number;
  E: number;
  k: number;
  M: number;
  I: number;
  dtype: WeightDType;
  /** Every slot goes to the last expert. */
  onlyLast?: boolean;
  /** A third of the slots have no expert. */
  idle?: true;
  bias?: WeightDType;
  activation?: GluActivation;
}

function describe({ T, E, k, M, I, dtype, onlyLast, idle, bias, activation }: ExpertDims): string {
  const extras = [
    onlyLast ? ", all to the last expert" : "",
    idle ? ", some to none" : "",
    bias ? ` + ${bias} bias` : "",
    activation ? `, ${activation.kind}` : "",
  ].join("");
  return `T=${T} E=${E} k=${k} M=${M} I=${I} ${dtype}${extras}`;
}

function slots(random: Seeded, { T, E, k, onlyLast, idle }: ExpertDims): Int32Array {
  const indices = onlyLast ? new Int32Array(T * k).fill(E - 1) : random.ints(T * k, E);
  return idle ? indices.map((e, i) => (i % 3 === 1 ? -1 : e)) : indices;
}

export function expertsUp(dims: ExpertDims): OperatorCase {
  const { T, E, k, M, I, dtype } = dims;
  const random = new Seeded(T * E + k * M + I);
  const indices = slots(random, dims);
  return operatorCase({
    kind: "expertsUp",
    name: describe(dims),
    step: { nTokens: T, start: 0 },
    tolerance: 1e-5,
    fields: {
      x: token(T, [M], random.floats(T * M)),
      indices: token(T, [k], indices),
      gate: weight([E, I, M], random.weight(E * I * M, dtype)),
      up: weight([E, I, M], random.weight(E * I * M, dtype)),
      gateBias: weight([E, I], random.weight(E * I, dims.bias ?? "f32")),
      upBias: weight([E, I], random.weight(E * I, dims.bias ?? "f32")),
      out: out("token", T, [k, I]),
    },
    operator: (t) => ({
      kind: "expertsUp",
      x: t.x,
      indices: t.indices,
      activation: dims.activation ?? { kind: "silu" },
      gate: t.gate,
      up: t.up,
      gateBias: dims.bias ? t.gateBias : null,
      upBias: dims.bias ? t.upBias : null,
      out: t.out,
    }),
  });
}

export function expertsDown(dims: ExpertDims): OperatorCase {
  const { T, E, k, M, I, dtype } = dims;
  const random = new Seeded(T * E + k * M + I + 1);
  const indices = slots(random, dims);
  return operatorCase({
    kind: "expertsDown",
    name: describe(dims),
    step: { nTokens: T, start: 0 },
    tolerance: 5e-6,
    fields: {
      h: token(T, [k, I], random.floats(T * k * I)),
      indices: token(T, [k], indices),
      down: weight([E, M, I], random.weight(E * M * I, dtype)),
      bias: weight([E, M], random.weight(E * M, dims.bias ?? "f32")),
      out: out("token", T, [k, M]),
    },
    operator: (t) => ({
      kind: "expertsDown",
      h: t.h,
      indices: t.indices,
      down: t.down,
      bias: dims.bias ? t.bias : null,
      out: t.out,
    }),
  });
}

export function expertsCombine(T: number, k: number, M: number, shared: boolean): OperatorCase {
  const random = new Seeded(T * k + M);
  return operatorCase({
    kind: "expertsCombine",
    name: `T=${T} k=${k} M=${M}${shared ? " + shared" : ""}`,
    step: { nTokens: T, start: 0 },
    tolerance: 2e-6,
    fields: {
      experts: token(T, [k, M], random.floats(T * k * M)),
      weights: token(T, [k], random.floats(T * k)),
      shared: token(T, [M], random.floats(T * M)),
      out: out("token", T, [M]),
    },
    operator: (t) => ({
      kind: "expertsCombine",
      experts: t.experts,
      weights: t.weights,
      shared: shared ? t.shared : null,
      out: t.out,
    }),
  });
}

const dims: readonly ExpertDims[] = [
  { T: 1, E: 16, k: 2, M: 192, I: 96, dtype: "bf16" },
  { T: 17, E: 16, k: 2, M: 192, I: 96, dtype: "bf16" },
  { T: 17, E: 5, k: 3, M: 7, I: 5, dtype: "f32" },
  { T: 70, E: 3, k: 1, M: 33, I: 10, dtype: "f16" },
  { T: 17, E: 4, k: 2, M: 20, I: 9, dtype: "bf16", onlyLast: true },
  { T: 17, E: 4, k: 3, M: 20, I: 9, dtype: "f32", idle: true },
];

/** Narrow limits, so that both sides of both clamps occur. */
const CLAMPED: GluActivation = { kind: "clamped", alpha: 1.702, limit: 1.5 };

const many = Array.from({ length: 9 }, (_, i) => 3 * i);

/** Routers whose selection is adjusted; the plain gate of each is its case without `adjust`. */
export const adjusted: readonly Gate[] = [
  {
    name: "adjusted by numbers",
    T: 17,
    E: 8,
    k: 3,
    scoring: "softmax",
    normalize: true,
    adjust: { forced: [], forbidden: [] },
  },
  {
    name: "forced and forbidden",
    T: 70,
    E: 12,
    k: 4,
    scoring: "sigmoid",
    bias: 0.4,
    scale: 2.5,
    adjust: { forced: [3, 11], forbidden: [0, 5, 6] },
  },
  {
    name: "more forced than fit",
    T: 17,
    E: 9,
    k: 2,
    scoring: "softmax",
    adjust: { forced: [1, 2, 4, 7], forbidden: [] },
  },
  {
    name: "forced and forbidden in groups",
    T: 70,
    E: 32,
    k: 5,
    scoring: "sigmoid",
    bias: 0.5,
    groups: [8, 3],
    normalize: true,
    adjust: { forced: [4, 30], forbidden: [5, 6, 7, 8, 9, 10, 11] },
  },
  {
    name: "forced in more groups than are kept",
    T: 17,
    E: 12,
    k: 4,
    scoring: "softmax",
    groups: [6, 2],
    groupScore: "max",
    adjust: { forced: [0, 3, 9], forbidden: [2, 8] },
  },
  {
    name: "hardly any left",
    T: 17,
    E: 27,
    k: 4,
    scoring: "sigmoid",
    bias: 1,
    groups: [9, 2],
    adjust: { forced: [], forbidden: [...many, ...many.map((e) => e + 1), 2, 5, 8] },
  },
  {
    name: "groups of one expert, some forbidden",
    T: 17,
    E: 6,
    k: 2,
    scoring: "softmax",
    groups: [6, 3],
    adjust: { forced: [2], forbidden: [0, 1] },
  },
];

export const expertCases: readonly OperatorCase[] = [
  route({ name: "plain", T: 17, E: 8, k: 2, scoring: "softmax" }),
  route({ name: "one token", T: 1, E: 16, k: 2, scoring: "sigmoid", bias: 0.3, groups: [4, 2] }),
  route({
    name: "groups by top 2, bias, normalised and scaled",
    T: 17,
    E: 16,
    k: 4,
    scoring: "sigmoid",
    bias: 0.5,
    groups: [4, 2],
    normalize: true,
    scale: 2.5,
  }),
  route({
    name: "groups by maximum",
    T: 17,
    E: 20,
    k: 3,
    scoring: "softmax",
    groups: [5, 2],
    groupScore: "max",
    scale: 16,
  }),
  route({
    name: "ties",
    T: 70,
    E: 12,
    k: 5,
    scoring: "sigmoid",
    bias: 1,
    ties: true,
    normalize: true,
  }),
  route({
    name: "ties inside and between groups",
    T: 70,
    E: 16,
    k: 4,
    scoring: "sigmoid",
    bias: 0.9,
    ties: true,
    groups: [8, 3],
  }),
  route({
    name: "ties, softmax",
    T: 17,
    E: 7,
    k: 7,
    scoring: "softmax",
    ties: true,
    normalize: true,
  }),
  route({
    name: "negative biased scores",
    T: 17,
    E: 8,
    k: 3,
    scoring: "sigmoid",
    bias: 6,
    groups: [2, 1],
  }),
  route({ name: "groups of one expert", T: 2, E: 6, k: 2, scoring: "softmax", groups: [6, 3] }),
  route({
    name: "many experts",
    T: 17,
    E: 256,
    k: 8,
    scoring: "sigmoid",
    bias: 0.2,
    groups: [8, 4],
  }),
  ...adjusted.map(route),
  ...adjusted.map(({ bias: _, ...gate }) => route({ ...gate, counted: true })), // 8 buffers
  route({ name: "bias", T: 17, E: 16, k: 4, scoring: "sigmoid", bias: 0.5, counted: true }),
  route({ name: "ties", T: 70, E: 12, k: 5, scoring: "softmax", ties: true, counted: true }),
  ...[expertsUp, expertsDown].map((half) =>
    half({ T: 17, E: 4, k: 3, M: 20, I: 9, dtype: "bf16", idle: true, bias: "bf16" }),
  ),
  expertsUp({ T: 17, E: 4, k: 3, M: 7, I: 9, dtype: "f32", idle: true, activation: CLAMPED }),
  ...dims.map(expertsUp),
  ...dims.map(expertsDown),
  expertsCombine(1, 2, 192, true),
  expertsCombine(17, 3, 33, false),
  expertsCombine(17, 2, 192, true),
  expertsCombine(70, 1, 7, true),
  expertsUp({ T: 17, E: 5, k: 2, M: 20, I: 12, dtype: "bf16", bias: "bf16", activation: CLAMPED }),
  expertsUp({ T: 2, E: 3, k: 3, M: 7, I: 5, dtype: "f32", activation: CLAMPED }),
  expertsUp({ T: 17, E: 4, k: 1, M: 33, I: 9, dtype: "f16", bias: "f32" }),
  expertsDown({ T: 17, E: 5, k: 2, M: 20, I: 12, dtype: "bf16", bias: "bf16" }),
  expertsDown({ T: 1, E: 3, k: 2, M: 7, I: 5, dtype: "f32", bias: "f16", onlyLast: true }),
];
