import type { PlainBytes } from "../../../engine/backend/backend.ts";
import { editedHeads, type Heads, headEdits, named, selection } from "./attentionCases.ts";
import { cache, type OperatorCase, operatorCase, out, token, weight } from "./operatorCase.ts";
import { Seeded } from "./seeded.ts";

/** Columns of a row of scores or patterns beyond the positions that are used. */
const SPARE = 3;

export function attentionScores(given: Heads): OperatorCase {
  const { T, start, H, K, dKey, window = null, selected, edits = {} } = given;
  const random = new Seeded(T * 11 + start + H * 7 + dKey);
  const S = start + T;
  const seen = `${window === null ? "" : ` window=${window}`}${selected === undefined ? "" : ` ${selected} selected`}`;
  return operatorCase({
    kind: "attentionScores",
    name: `T=${T} start=${start} H=${H} K=${K} Dk=${dKey}${seen}${named(edits)}`,
    step: { nTokens: T, start },
    tolerance: 5e-6,
    fields: {
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

/** A third of the scores are -inf, and every score of each fifth row. */
export function softmax({ T, start, H, sinks, magnitude = 4 }: Rows): OperatorCase {
  const random = new Seeded(T * 5 + start + H);
  const score = (row: number): number => {
    const [x = 0] = random.floats(1, magnitude);
    return row % 5 === 1 || random.uniform() < 0.3 ? Number.NEGATIVE_INFINITY : x;
  };
  return operatorCase({
    kind: "softmax",
    name: `T=${T} start=${start} H=${H} |x|<${magnitude}${sinks ? ` ${sinks} sinks` : ""}`,
    step: { nTokens: T, start },
    tolerance: 2e-6,
    fields: {
      x: causal(T, start, H, score),
      sinks: weight([H], random.weight(H, sinks ?? "f32", 3)),
      out: out("token", T, [H, start + T + SPARE]),
      lse: out("token", T, [H]),
    },
    operator: (t) => ({
      kind: "softmax",
      x: t.x,
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

export const attentionPartsCases: readonly OperatorCase[] = [
  ...editedHeads.map(attentionScores),
  ...editedHeads
    .slice(3)
    .map((heads) => attentionScores({ ...heads, edits: { temperatures: "some", mask: "some" } })),
  softmax({ T: 1, start: 0, H: 1 }),
  softmax({ T: 2, start: 200, H: 3, sinks: "bf16" }),
  softmax({ T: 17, start: 5, H: 6, sinks: "f32" }),
  softmax({ T: 70, start: 61, H: 2, magnitude: 60 }),
  mixValues({ T: 1, start: 0, H: 3, K: 3, dValue: 5 }),
  mixValues({ T: 17, start: 13, H: 6, K: 2, dValue: 8 }),
  mixValues({ T: 17, start: 130, H: 4, K: 1, dValue: 33, beyond: 7 }),
  mixValues({ T: 70, start: 0, H: 2, K: 2, dValue: 70 }),
];
