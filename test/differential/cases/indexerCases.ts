import { cache, type OperatorCase, operatorCase, out, token } from "./operatorCase.ts";
import { Seeded } from "./seeded.ts";

export function indexScores(
  T: number,
  start: number,
  N: number,
  D: number,
  slack: number,
): OperatorCase {
  const random = new Seeded(T * 43 + start + N * D);
  const S = start + T;
  return operatorCase({
    kind: "indexScores",
    name: `T=${T} start=${start} N=${N} D=${D} context=${S + slack}`,
    step: { nTokens: T, start },
    tolerance: 5e-6,
    fields: {
      q: token(T, [N, D], random.floats(T * N * D)),
      k: cache(S, [D], random.floats(S * D)),
      weights: token(T, [N], random.floats(T * N)),
      out: out("token", T, [S + slack]),
    },
    operator: (t) => ({
      kind: "indexScores",
      scale: (N * D) ** -0.5,
      q: t.q,
      k: t.k,
      weights: t.weights,
      out: t.out,
    }),
  });
}

/** With `ties`, scores are rounded so that most are equal to others. Scores past a query's own position are NaN. */
export function selectKeys(T: number, start: number, k: number, ties: boolean): OperatorCase {
  const random = new Seeded(T * 47 + start + k);
  const width = start + T + 3;
  const scores = random.floats(T * width, 2).map((x) => (ties ? Math.round(x) + 0 : x));
  for (let t = 0; t < T; t++) scores.fill(Number.NaN, t * width + start + t + 1, (t + 1) * width);
  return operatorCase({
    kind: "selectKeys",
    name: `T=${T} start=${start} k=${k}${ties ? " with ties" : ""}`,
    step: { nTokens: T, start },
    tolerance: 0,
    fields: {
      scores: token(T, [width], scores),
      indices: out("token", T, [k], "i32"),
    },
    operator: (t) => ({ kind: "selectKeys", k, scores: t.scores, indices: t.indices }),
  });
}

export const indexerCases: readonly OperatorCase[] = [
  indexScores(1, 0, 1, 3, 0),
  indexScores(17, 5, 16, 16, 2),
  indexScores(2, 130, 3, 7, 1),
  indexScores(17, 60, 4, 33, 0),
  selectKeys(1, 0, 4, false),
  selectKeys(17, 0, 6, false),
  selectKeys(17, 40, 6, true),
  selectKeys(5, 600, 64, true),
  selectKeys(3, 700, 513, false),
  selectKeys(2, 9, 1, true),
];
