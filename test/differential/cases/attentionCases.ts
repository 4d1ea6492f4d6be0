import type { PlainBytes } from "../../../engine/backend/backend.ts";
import { edgeMask, edgeMaskShape } from "../../../engine/backend/edgeMask.ts";
import { ATTENTION_METRICS, type TilePool } from "../../../engine/backend/operators.ts";
import { angleTables } from "./angleTables.ts";
import {
  cache,
  type OperatorCase,
  operatorCase,
  out,
  token,
  weight,
  whole,
} from "./operatorCase.ts";
import { Seeded } from "./seeded.ts";

export interface Heads {
  T: number;
  start: number;
  H: number;
  K: number;
  dKey: number;
  dValue: number;
  window?: number;
  sharedValue?: boolean;
  magnitude?: number;
  sinks?: PlainBytes["dtype"];
  /** Keys each query may see. */
  selected?: number;
  edits?: HeadEdits;
}

/** What is done to heads: temperatures, of which one is 1, and a mask; or such that change nothing. */
export interface HeadEdits {
  temperatures?: "some" | "ones";
  /** "few" covers the first 32 keys alone. */
  mask?: "some" | "few" | "nothing";
}

/** The fields that they take for `nQueries` rows of q, of which the first T are used. */
export function headEdits(T: number, nQueries: number, H: number, nKeys: number, edits: HeadEdits) {
  const random = new Seeded(T + H + nKeys);
  const temperatures = random.floats(H).map((x, h) => (h % 3 === 1 ? 1 : x + 1.5));
  const shape = edgeMaskShape(nQueries, H, edits.mask === "few" ? 32 : nKeys, 3);
  const { firstBits, words } = edgeMask(shape, nQueries, H);
  const mask = new Int32Array((shape[0] ?? 0) * words);
  // Row 0 hides some keys, row 1 all, row 2 none. What is not of a token names rows that there are not.
  mask.fill(1000, 0, firstBits);
  mask.set(random.ints(T * H, 4).map((r) => (edits.mask !== "nothing" ? r - 1 : r & 1 ? 2 : -1)));
  for (let i = 0; i < words; i++) {
    mask[firstBits + i] = random.ints(1, 2 ** 31)[0]! | 0x80000000;
    mask[firstBits + words + i] = -1;
  }
  return {
    temperatures: whole(
      [H],
      edits.temperatures === "ones" ? new Float32Array(H).fill(1) : temperatures,
    ),
    mask: { role: "token", shape, data: mask, tokenWidth: H } as const,
  };
}

/** How a case says so in its name. */
export function named({ temperatures, mask }: HeadEdits): string {
  return `${temperatures ? `, ${temperatures} temperatures` : ""}${mask ? `, ${mask} masked` : ""}`;
}

/** As `selectKeys` writes it: all positions where they fit, else `k` of them at random; ascending, then -1. */
export function selection(random: Seeded, T: number, start: number, k: number): Int32Array {
  const rows = new Int32Array(T * k).fill(-1);
  for (let t = 0; t < T; t++) {
    const positions = Array.from({ length: start + t + 1 }, (_, s) => ({
      s,
      at: random.uniform(),
    }));
    const chosen = positions.sort((a, b) => a.at - b.at).slice(0, k);
    rows.set(
      chosen.map(({ s }) => s).sort((a, b) => a - b),
      t * k,
    );
  }
  return rows;
}

export function attention(given: Heads): OperatorCase {
  const { T, start, H, K, dKey, dValue, window = null, sharedValue = false, magnitude = 1 } = given;
  const { sinks, selected, edits = {} } = given;
  const random = new Seeded(T * 101 + start * 13 + H * 7 + dKey);
  const S = start + T;
  const extras = [
    window === null ? "" : ` window=${window}`,
    sharedValue ? " v inside k" : "",
    magnitude === 1 ? "" : ` |q|<${magnitude}`,
    sinks === undefined ? "" : ` ${sinks} sinks`,
    selected === undefined ? "" : ` ${selected} selected`,
    named(edits),
  ].join("");
  return operatorCase({
    kind: "attention",
    name: `T=${T} start=${start} H=${H} K=${K} Dk=${dKey} Dv=${dValue}${extras}`,
    step: { nTokens: T, start },
    tolerance: 5e-6,
    fields: {
      q: token(T, [H, dKey], random.floats(T * H * dKey, magnitude)),
      k: cache(S, [K, dKey], random.floats(S * K * dKey)),
      v: cache(S, [K, dValue], random.floats(S * K * dValue)),
      sinks: weight([H], random.weight(H, sinks ?? "f32", 3)),
      selection: token(T, [selected ?? 1], selection(random, T, start, selected ?? 1)),
      ...headEdits(T, T + 2, H, S, edits),
      out: out("token", T, [H, dValue]),
      lse: out("token", T, [H]),
      moments: out("token", T, [H, 2]),
    },
    operator: (t) => ({
      kind: "attention",
      scale: dKey ** -0.5,
      window,
      nHeads: H,
      nKvHeads: K,
      dKey,
      dValue,
      q: t.q,
      k: t.k,
      v: sharedValue ? null : t.v,
      sinks: sinks === undefined ? null : t.sinks,
      selection: selected === undefined ? null : t.selection,
      temperatures: edits.temperatures ? t.temperatures : null,
      mask: edits.mask ? t.mask : null,
      out: t.out,
      lse: t.lse,
      moments: t.moments,
    }),
  });
}

interface Tile {
  mode: "pattern" | "scores";
  pool?: TilePool;
  window?: number;
  heads?: readonly [number, number];
  queries?: readonly [number, number];
  keys?: readonly [number, number];
  H?: number;
  K?: number;
  dKey?: number;
  selected?: number;
  edits?: HeadEdits;
}

/** T = 33 queries and keys; ranges are [start, count]. */
export function attentionTile(tile: Tile): OperatorCase {
  const { mode, pool = null, window = null, H = 4, K = 2, dKey = 16, selected } = tile;
  const { edits = {} } = tile;
  const T = 33;
  const [headStart, headCount] = tile.heads ?? [0, H];
  const [queryStart, queryCount] = tile.queries ?? [0, T];
  const [keyStart, keyCount] = tile.keys ?? [0, T];
  const random = new Seeded(H * 17 + dKey + queryCount);
  const size = pool?.size ?? 1;
  const pooled = pool ? ` ${pool.kind} of ${pool.size}${pool.step ? ` by ${pool.step}` : ""}` : "";
  const seen = `${window === null ? "" : ` window=${window}`}${selected === undefined ? "" : ` ${selected} selected`}${named(edits)}`;
  const changed = headEdits(T, T + 2, H, T, edits);
  const [q, k] = [random.floats(T * H * dKey), random.floats(T * K * dKey)];
  const lse = random.floats(T * H).map((x) => x + 3);
  // Where attention saw nothing, and once where it should have.
  if (edits.mask === "some" || edits.mask === "few")
    for (let i = 0; i < T * H; i++)
      if (i === 7 * H || changed.mask.data[i] === 1) lse[i] = Number.NEGATIVE_INFINITY;
  return operatorCase({
    kind: "attentionTile",
    name: `${mode}${pooled}${seen} heads ${headStart}+${headCount} of ${H}/${K}, queries ${queryStart}+${queryCount}, keys ${keyStart}+${keyCount}, Dk=${dKey}`,
    step: { nTokens: 1, start: 0 },
    tolerance: 5e-6,
    rowInvariant: false,
    fields: {
      q: token(T, [H, dKey], q),
      k: token(T, [K, dKey], k),
      lse: token(T, [H], lse),
      selection: token(T, [selected ?? 1], selection(random, T, 0, selected ?? 1)),
      ...changed,
      out: {
        ...out("one", 1, []),
        axis: "whole",
        shape: [headCount, Math.ceil(queryCount / size), Math.ceil(keyCount / size)],
        initial: new Float32Array(
          headCount * Math.ceil(queryCount / size) * Math.ceil(keyCount / size),
        ).fill(Number.NaN),
      },
    },
    operator: (t) => ({
      kind: "attentionTile",
      mode,
      pool,
      scale: dKey ** -0.5,
      window,
      nHeads: H,
      nKvHeads: K,
      dKey,
      headStart,
      headCount,
      queryStart,
      queryCount,
      keyStart,
      keyCount,
      q: t.q,
      k: t.k,
      lse: t.lse,
      selection: selected === undefined ? null : t.selection,
      temperatures: edits.temperatures ? t.temperatures : null,
      mask: edits.mask ? t.mask : null,
      out: t.out,
    }),
  });
}

interface Metrics {
  queries?: readonly [number, number];
  step?: number;
  window?: number;
  H?: number;
  K?: number;
  dKey?: number;
  selected?: number;
  edits?: HeadEdits;
  moments?: boolean;
}

/** T = 33 tokens of five kinds, and at the end one that came once. */
function attentionMetrics(metrics: Metrics): OperatorCase {
  const { step = 1, window = null, H = 4, K = 2, dKey = 16, selected, edits = {} } = metrics;
  const { moments = false } = metrics;
  const T = 33;
  const [queryStart, queryCount] = metrics.queries ?? [0, T];
  const random = new Seeded(H * 19 + dKey + queryCount + step);
  const ids = [...random.ints(T - 1, 5), 7];
  const earlier = Int32Array.from(ids, (id, t) => ids.slice(0, t).lastIndexOf(id));
  const changed = headEdits(T, T + 2, H, T, edits);
  const seen = `${window === null ? "" : ` window=${window}`}${selected === undefined ? "" : ` ${selected} selected`}${named(edits)}`;
  const nRows = Math.ceil(queryCount / step);
  const lse = random.floats(T * H).map((x) => x + 3);
  if (edits.mask) lse[(T - 1) * H] = Number.NEGATIVE_INFINITY;
  const shape = [nRows, H, ATTENTION_METRICS];
  return operatorCase({
    kind: "attentionMetrics",
    name: `queries ${queryStart}+${queryCount} by ${step}${seen}${moments ? " with moments" : ""}, ${H}/${K} heads, Dk=${dKey}`,
    step: { nTokens: 1, start: 0 },
    tolerance: 5e-6,
    rowInvariant: false,
    fields: {
      q: token(T, [H, dKey], random.floats(T * H * dKey)),
      k: token(T, [K, dKey], random.floats(T * K * dKey)),
      lse: token(T, [H], lse),
      selection: token(T, [selected ?? 1], selection(random, T, 0, selected ?? 1)),
      earlier: token(T, [], earlier),
      moments: token(T, [H, 2], random.floats(T * H * 2)),
      ...changed,
      out: {
        ...out("one", 1, []),
        axis: "whole",
        shape,
        initial: new Float32Array(nRows * H * ATTENTION_METRICS).fill(Number.NaN),
      },
    },
    operator: (t) => ({
      kind: "attentionMetrics",
      scale: dKey ** -0.5,
      window,
      nHeads: H,
      nKvHeads: K,
      dKey,
      queryStart,
      queryCount,
      queryStep: step,
      q: t.q,
      k: t.k,
      lse: t.lse,
      selection: selected === undefined ? null : t.selection,
      temperatures: edits.temperatures ? t.temperatures : null,
      mask: edits.mask ? t.mask : null,
      moments: moments ? t.moments : null,
      earlier: t.earlier,
      out: t.out,
    }),
  });
}

export function rope(
  layout: "interleaved" | "half",
  T: number,
  start: number,
  H: number,
  D: number,
  offset: number,
  dim: number,
): OperatorCase {
  const random = new Seeded(T + start + H + D + offset);
  const { cos, sin } = angleTables(start + T + 1, dim / 2);
  return operatorCase({
    kind: "rope",
    name: `${layout} T=${T} start=${start} H=${H} D=${D} dims ${offset}+${dim}`,
    step: { nTokens: T, start },
    tolerance: 1e-6,
    fields: {
      x: token(T, [H, D], random.floats(T * H * D)),
      cos: whole([start + T + 1, dim / 2], cos),
      sin: whole([start + T + 1, dim / 2], sin),
      out: out("token", T, [H, D]),
    },
    operator: (t) => ({
      kind: "rope",
      layout,
      offset,
      dim,
      x: t.x,
      cos: t.cos,
      sin: t.sin,
      out: t.out,
    }),
  });
}

export function projectHeads(
  T: number,
  H: number,
  V: number,
  M: number,
  dtype: "f32" | "bf16" | "f16",
): OperatorCase {
  const random = new Seeded(T * H * V + M);
  return operatorCase({
    kind: "projectHeads",
    name: `T=${T} H=${H} V=${V} M=${M} ${dtype}`,
    step: { nTokens: T, start: 0 },
    tolerance: 5e-6,
    fields: {
      z: token(T, [H, V], random.floats(T * H * V)),
      outputWeight: weight([M, H * V], random.weight(M * H * V, dtype)),
      out: out("token", T, [H, M]),
    },
    operator: (t) => ({ kind: "projectHeads", z: t.z, outputWeight: t.outputWeight, out: t.out }),
  });
}

/** Heads that are changed, in every form of attention. */
export const editedHeads: readonly Heads[] = [
  { T: 1, start: 0, H: 1, K: 1, dKey: 3, dValue: 5 },
  { T: 1, start: 200, H: 6, K: 2, dKey: 16, dValue: 12 },
  { T: 17, start: 13, H: 6, K: 1, dKey: 10, dValue: 7, sharedValue: true },
  { T: 17, start: 0, H: 6, K: 2, dKey: 10, dValue: 8, sinks: "bf16", window: 5 },
  { T: 17, start: 60, H: 3, K: 3, dKey: 12, dValue: 8, sinks: "f32" },
  { T: 70, start: 61, H: 4, K: 2, dKey: 20, dValue: 20, window: 32 },
  { T: 6, start: 600, H: 6, K: 2, dKey: 10, dValue: 7, sinks: "f16", window: 300 },
  { T: 17, start: 70, H: 4, K: 1, dKey: 20, dValue: 16, sharedValue: true, selected: 9 },
  { T: 70, start: 0, H: 4, K: 4, dKey: 12, dValue: 10, selected: 66 },
  {
    T: 2,
    start: 200,
    H: 6,
    K: 2,
    dKey: 9,
    dValue: 7,
    sharedValue: true,
    selected: 150,
    sinks: "f16",
  },
];

/** Keys of several chunks of 256, alone and together with queries whose own keys begin or end in other chunks. */
const longCaches: readonly Heads[] = [
  { T: 1, start: 255, H: 2, K: 2, dKey: 8, dValue: 8 },
  { T: 1, start: 256, H: 1, K: 1, dKey: 5, dValue: 9 },
  { T: 1, start: 1023, H: 8, K: 2, dKey: 16, dValue: 72, magnitude: 20 },
  { T: 9, start: 507, H: 4, K: 2, dKey: 16, dValue: 16 },
  { T: 9, start: 250, H: 3, K: 1, dKey: 80, dValue: 64, sharedValue: true },
  { T: 9, start: 763, H: 4, K: 4, dKey: 12, dValue: 10, window: 256, sinks: "f32" },
  { T: 9, start: 760, H: 4, K: 1, dKey: 9, dValue: 7, window: 10, sinks: "bf16" },
  { T: 9, start: 507, H: 4, K: 1, dKey: 8, dValue: 8, sharedValue: true, selected: 511 },
  { T: 9, start: 600, H: 2, K: 2, dKey: 12, dValue: 10, selected: 300, sinks: "f32" },
];

export const editedTiles: readonly Tile[] = [
  { mode: "pattern" },
  { mode: "scores" },
  { mode: "pattern", selected: 7 },
  { mode: "scores", window: 5, pool: { size: 4, kind: "max" } },
  {
    mode: "pattern",
    pool: { size: 4, kind: "mean" },
    heads: [1, 2],
    queries: [10, 9],
    keys: [4, 11],
  },
  { mode: "scores", pool: { size: 7, kind: "mean" }, H: 6, K: 1, dKey: 10 },
];

const both: HeadEdits = { temperatures: "some", mask: "some" };
const [one, two, three, ...otherForms] = editedHeads as readonly [Heads, Heads, Heads, ...Heads[]];

export const attentionCases: readonly OperatorCase[] = [
  attention({ ...one, edits: { mask: "some" } }),
  attention({ ...two, edits: { mask: "few" } }),
  attention({ ...three, edits: { temperatures: "some" } }),
  ...otherForms.map((heads) => attention({ ...heads, edits: both })),
  ...editedTiles.map((tile) => attentionTile({ ...tile, edits: both })),
  attention({ T: 1, start: 0, H: 1, K: 1, dKey: 3, dValue: 5 }),
  attention({ T: 1, start: 200, H: 4, K: 4, dKey: 48, dValue: 32 }),
  attention({ T: 2, start: 5, H: 3, K: 3, dKey: 7, dValue: 9 }),
  attention({ T: 17, start: 0, H: 4, K: 2, dKey: 16, dValue: 16 }),
  attention({ T: 17, start: 13, H: 6, K: 1, dKey: 10, dValue: 7, sharedValue: true }),
  attention({ T: 17, start: 40, H: 4, K: 1, dKey: 80, dValue: 64, sharedValue: true }),
  attention({ T: 17, start: 3, H: 4, K: 2, dKey: 8, dValue: 8, window: 4 }),
  attention({ T: 2, start: 9, H: 2, K: 2, dKey: 6, dValue: 6, window: 1 }),
  attention({ T: 70, start: 61, H: 4, K: 2, dKey: 20, dValue: 20, window: 32 }),
  attention({ T: 70, start: 0, H: 4, K: 4, dKey: 48, dValue: 32 }),
  attention({ T: 17, start: 130, H: 2, K: 1, dKey: 33, dValue: 31, magnitude: 60 }),
  attention({ T: 2, start: 70, H: 20, K: 1, dKey: 16, dValue: 24 }),
  attention({ T: 17, start: 100, H: 6, K: 2, dKey: 20, dValue: 20, edits: { mask: "some" } }),
  ...longCaches.map(attention),
  attention({ T: 17, start: 30, H: 4, K: 2, dKey: 16, dValue: 16, sinks: "f32" }),
  attention({ T: 17, start: 0, H: 6, K: 2, dKey: 10, dValue: 8, sinks: "bf16", window: 5 }),
  attention({ T: 17, start: 70, H: 4, K: 1, dKey: 20, dValue: 16, sharedValue: true, selected: 9 }),
  attention({ T: 70, start: 0, H: 4, K: 4, dKey: 12, dValue: 10, selected: 66 }),
  attention({ T: 2, start: 200, H: 6, K: 2, dKey: 7, dValue: 9, selected: 150, sinks: "f16" }),
  attention({ T: 2, start: 290, H: 4, K: 4, dKey: 8, dValue: 6, sinks: "bf16", edits: both }),
  attentionTile({ mode: "pattern" }),
  attentionTile({ mode: "pattern", selected: 7 }),
  attentionTile({ mode: "scores", selected: 3, pool: { size: 4, kind: "max" } }),
  attentionTile({ mode: "pattern", selected: 3, pool: { size: 5, kind: "mean" }, keys: [9, 20] }),
  attentionTile({ mode: "scores" }),
  attentionTile({ mode: "pattern", window: 5, H: 3, K: 3, dKey: 7 }),
  attentionTile({ mode: "scores", window: 5, pool: { size: 4, kind: "max" } }),
  attentionTile({ mode: "pattern", pool: { size: 4, kind: "mean" } }),
  attentionTile({ mode: "pattern", pool: { size: 5, kind: "max" }, heads: [1, 2] }),
  attentionTile({ mode: "scores", pool: { size: 7, kind: "mean" }, H: 6, K: 1, dKey: 10 }),
  attentionTile({ mode: "pattern", heads: [3, 1], queries: [10, 9], keys: [4, 11] }),
  attentionTile({ mode: "pattern", queries: [3, 5], keys: [20, 13] }),
  attentionTile({
    mode: "scores",
    queries: [3, 5],
    keys: [20, 13],
    pool: { size: 2, kind: "mean" },
  }),
  attentionTile({ mode: "pattern", pool: { size: 8, kind: "mean", step: 8 } }),
  attentionTile({ mode: "pattern", pool: { size: 8, kind: "max", step: 3 }, queries: [2, 30] }),
  attentionTile({ mode: "scores", pool: { size: 5, kind: "mean", step: 2 }, window: 6, dKey: 7 }),
  attentionTile({ mode: "pattern", pool: { size: 4, kind: "max", step: 9 }, selected: 7 }),
  attentionMetrics({}),
  attentionMetrics({ step: 4, queries: [3, 27] }),
  attentionMetrics({ window: 5, H: 3, K: 3, dKey: 7 }),
  attentionMetrics({ selected: 7, queries: [32, 1] }),
  attentionMetrics({ H: 6, K: 1, dKey: 10, edits: both, step: 2 }),
  attentionMetrics({ edits: { mask: "few" }, window: 9 }),
  attentionMetrics({ moments: true }),
  attentionMetrics({ moments: true, step: 4, queries: [3, 27], window: 5, H: 3, K: 3, dKey: 7 }),
  attentionMetrics({ moments: true, selected: 7, H: 6, K: 1, dKey: 10 }),
  attentionMetrics({ moments: true, H: 6, K: 1, dKey: 10, edits: both, step: 2 }),
  rope("interleaved", 1, 0, 1, 4, 0, 4),
  rope("interleaved", 17, 5, 4, 48, 32, 16),
  rope("half", 17, 5, 3, 10, 0, 10),
  rope("half", 70, 0, 2, 16, 4, 6),
  projectHeads(1, 3, 5, 7, "f32"),
  projectHeads(17, 4, 32, 50, "bf16"),
  projectHeads(2, 5, 6, 33, "f16"),
];
