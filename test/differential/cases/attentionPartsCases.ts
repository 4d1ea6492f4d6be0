import type { PlainBytes } from "../../../engine/backend/backend.ts";
import type { MapAction } from "../../../engine/backend/operators.ts";
import { editedHeads, type Heads, headEdits, named, selection } from "./attentionCases.ts";
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

/** Columns of a row of scores or patterns beyond the positions that are used. */
const SPARE = 3;

export function attentionScores(given: Heads & { pattern?: true }): OperatorCase {
  const { T, start, H, K, dKey, window = null, selected, edits = {}, pattern } = given;
  const random = new Seeded(T * 11 + start + H * 7 + dKey);
  const S = start + T;
  const seen = `${window === null ? "" : ` window=${window}`}${selected === undefined ? "" : ` ${selected} selected`}`;
  return operatorCase({
    kind: "attentionScores",
    name: `T=${T} start=${start} H=${H} K=${K} Dk=${dKey}${seen}${named(edits)}${pattern ? " pattern" : ""}`,
    step: { nTokens: T, start },
    tolerance: 5e-6,
    fields: {
      // Every third row sees no key.
      lse: token(
        T,
        [H],
        random.floats(T * H).map((x, i) => (i % 3 === 1 ? Number.NEGATIVE_INFINITY : 2 + x)),
      ),
      q: token(T, [H, dKey], random.floats(T * H * dKey)),
      k: cache(S, [K, dKey], random.floats(S * K * dKey)),
      selection: token(T, [selected ?? 1], selection(random, T, start, selected ?? 1)),
      ...headEdits(T, T + 2, H, S, edits),
      out: out("token", T, [H, S + SPARE]),
    },
    operator: (t) => ({
      kind: "attentionScores",
      scale: dKey ** -0.5,
      window,
      nHeads: H,
      nKvHeads: K,
      dKey,
      q: t.q,
      k: t.k,
      lse: pattern ? t.lse : null,
      selection: selected === undefined ? null : t.selection,
      temperatures: edits.temperatures ? t.temperatures : null,
      mask: edits.mask ? t.mask : null,
      out: t.out,
    }),
  });
}

/** Rows of (T, H, context) whose cells beyond the query's own position are NaN: reading them shows. */
function causal(T: number, start: number, H: number, cell: (row: number, s: number) => number) {
  const width = start + T + SPARE;
  const cells = new Float32Array(T * H * width).fill(Number.NaN);
  for (let row = 0; row < T * H; row++)
    for (let s = 0; s <= start + Math.floor(row / H); s++) cells[row * width + s] = cell(row, s);
  return token(T, [H, width], cells);
}

interface Rows {
  T: number;
  start: number;
  H: number;
  sinks?: PlainBytes["dtype"];
  magnitude?: number;
}

/** A third of the scores are -inf, and every score of each fifth row; each third row is not edited. */
export function softmax({ T, start, H, sinks, magnitude = 4 }: Rows): OperatorCase {
  const random = new Seeded(T * 5 + start + H);
  const score = (row: number): number => {
    const [x = 0] = random.floats(1, magnitude);
    return row % 5 === 1 || random.uniform() < 0.3 ? Number.NEGATIVE_INFINITY : x;
  };
  const x = causal(T, start, H, score);
  const width = start + T + SPARE;
  const others = x.data.map((value, i) => (Math.floor(i / width) % 3 === 0 ? value : 0.5));
  const share = causal(T, start, H, (_, s) => 1 / (s + 1));
  return operatorCase({
    kind: "softmax",
    name: `T=${T} start=${start} H=${H} |x|<${magnitude}${sinks ? ` ${sinks} sinks` : ""}`,
    step: { nTokens: T, start },
    tolerance: 2e-6,
    fields: {
      x,
      before: { ...x, data: others },
      pattern: share,
      norms: token(T, [H], random.floats(T * H)),
      sinks: weight([H], random.weight(H, sinks ?? "f32", 3)),
      out: out("token", T, [H, start + T + SPARE]),
      lse: out("token", T, [H]),
    },
    operator: (t) => ({
      kind: "softmax",
      x: t.x,
      before: t.before,
      pattern: t.pattern,
      norms: t.norms,
      sinks: sinks ? t.sinks : null,
      out: t.out,
      lse: t.lse,
    }),
  });
}

interface Mix {
  T: number;
  start: number;
  H: number;
  K: number;
  dValue: number;
  /** Elements a head's row of values has beyond those. */
  beyond?: number;
}

/** The pattern is edited in its last cell in a third of the rows, in its first in another. */
export function mixValues({ T, start, H, K, dValue, beyond = 0 }: Mix): OperatorCase {
  const random = new Seeded(T * 3 + start + H + dValue);
  const S = start + T;
  const [kept, changed] = [random.floats(S).map(Math.abs), random.floats(S)];
  const edited = (row: number, s: number): number => {
    const at = row % 3 === 0 ? start + Math.floor(row / H) : row % 3 === 1 ? 0 : -1;
    return (s === at ? changed : kept)[s] ?? 0;
  };
  return operatorCase({
    kind: "mixValues",
    name: `T=${T} start=${start} H=${H} K=${K} Dv=${dValue}${beyond ? ` of ${dValue + beyond}` : ""}`,
    step: { nTokens: T, start },
    tolerance: 5e-6,
    fields: {
      pattern: causal(T, start, H, edited),
      before: causal(T, start, H, (_, s) => kept[s] ?? 0),
      z: token(T, [H, dValue], random.floats(T * H * dValue)),
      values: cache(S, [K, dValue + beyond], random.floats(S * K * (dValue + beyond))),
      out: out("token", T, [H, dValue]),
    },
    operator: (t) => ({
      kind: "mixValues",
      nHeads: H,
      nKvHeads: K,
      dValue,
      pattern: t.pattern,
      before: t.before,
      z: t.z,
      values: t.values,
      out: t.out,
    }),
  });
}

interface EditedMap {
  action: MapAction;
  T: number;
  start: number;
  H: number;
  heads: readonly [start: number, count: number];
  /** Columns of `values`. */
  W: number;
  factor?: number;
}

/** A third of the cells are -inf, a third of the tokens stay as they are. */
function editMap(given: EditedMap): OperatorCase {
  const { action, T, start, H, heads, W, factor = 1 } = given;
  const [headStart, headCount] = heads;
  const random = new Seeded(T * 13 + start + H + W);
  const valued = action === "add" || action === "replace" || action === "project";
  const cell = () => (random.uniform() < 0.3 ? Number.NEGATIVE_INFINITY : random.floats(1, 3)[0]);
  return operatorCase({
    kind: "editMap",
    name: `${action} T=${T} start=${start} H=${H} heads ${headStart}+${headCount} W=${W}`,
    step: { nTokens: T, start },
    tolerance: action === "project" ? 2e-6 : 2e-7,
    fields: {
      x: token(
        T,
        [H, start + T + SPARE],
        Float32Array.from({ length: T * H * (start + T + SPARE) }, () => cell() ?? 0),
      ),
      rows: token(
        T,
        [],
        random.ints(T, 4).map((row, t) => ((t + T) % 3 === 0 ? -1 : row)),
      ),
      values: whole([4, W], random.floats(4 * W, 2)),
      out: out("token", T, [H, start + T + SPARE]),
    },
    operator: (t) => ({
      kind: "editMap",
      ...{ action, headStart, headCount, factor },
      x: t.x,
      rows: t.rows,
      values: valued ? t.values : null,
      out: t.out,
    }),
  });
}

const mapActions = ["zero", "scale", "add", "replace", "project"] as const;

export const attentionPartsCases: readonly OperatorCase[] = [
  ...editedHeads.map(attentionScores),
  ...editedHeads
    .slice(3)
    .map((heads) => attentionScores({ ...heads, edits: { temperatures: "some", mask: "some" } })),
  ...editedHeads.map((heads) => attentionScores({ ...heads, pattern: true })),
  ...editedHeads.slice(3).map((heads) =>
    attentionScores({
      ...heads,
      pattern: true,
      edits: { temperatures: "some", mask: "some" },
    }),
  ),
  ...mapActions.flatMap((action) => [
    editMap({ action, T: 1, start: 0, H: 1, heads: [0, 1], W: 1, factor: -2 }),
    editMap({ action, T: 17, start: 5, H: 6, heads: [2, 3], W: 12, factor: 0 }),
    editMap({ action, T: 17, start: 70, H: 2, heads: [0, 2], W: 100, factor: 0.5 }),
  ]),
  softmax({ T: 1, start: 0, H: 1 }),
  softmax({ T: 2, start: 200, H: 3, sinks: "bf16" }),
  softmax({ T: 17, start: 5, H: 6, sinks: "f32" }),
  softmax({ T: 70, start: 61, H: 2, magnitude: 60 }),
  mixValues({ T: 1, start: 0, H: 3, K: 3, dValue: 5 }),
  mixValues({ T: 17, start: 13, H: 6, K: 2, dValue: 8 }),
  mixValues({ T: 17, start: 130, H: 4, K: 1, dValue: 33, beyond: 7 }),
  mixValues({ T: 70, start: 0, H: 2, K: 2, dValue: 70 }),
];
