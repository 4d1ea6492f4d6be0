import { inner } from "../tensor/dot.ts";

/** A matrix of a few columns as columns of a (rows) times singular values times rows of an orthogonal matrix. */
export interface ThinSvd {
  /** (n) columns of `rows` numbers: orthonormal, but zero where the value is 0. */
  readonly left: readonly Float64Array[];
  readonly values: Float64Array; // (n) descending
  /** (n) orthonormal, of n numbers each. */
  readonly right: readonly Float64Array[];
}

/** Rounds over all pairs of columns; ten are seldom needed. */
const MOST_SWEEPS = 60;
const EPSILON = 2 ** -52;

/**
 * Singular values by one-sided Jacobi rotations: columns are turned in pairs until all are orthogonal. Small values are as exact as
 * large ones.
 * @param columns (n) of one length
 * @see G. Golub, C. Van Loan, "Matrix Computations", 4th ed., section 8.6.3; J. Demmel, K. Veselic, SIAM J. Matrix Anal. Appl. 13, 1992
 */
export function jacobiSvd(columns: readonly ArrayLike<number>[]): ThinSvd {
  const n = columns.length;
  const work = columns.map((column) => Float64Array.from(column));
  const turns = work.map((_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let isTurned = false;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const [a, b] = [work[p] as Float64Array, work[q] as Float64Array];
        const [aa, bb, ab] = [inner(a, a), inner(b, b), inner(a, b)];
        if (ab === 0 || Math.abs(ab) <= EPSILON * Math.sqrt(aa) * Math.sqrt(bb)) continue;
        isTurned = true;
        const slope = (bb - aa) / (2 * ab);
        const tangent = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(1, slope));
        const cosine = 1 / Math.hypot(1, tangent);
        turn(a, b, cosine, cosine * tangent);
        turn(turns[p] as Float64Array, turns[q] as Float64Array, cosine, cosine * tangent);
      }
    if (!isTurned) break;
  }
  const lengths = work.map((column) => Math.sqrt(inner(column, column)));
  const order = [...lengths.keys()].sort(
    (a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b,
  );
  return {
    left: order.map((i) => {
      const length = lengths[i] as number;
      return (work[i] as Float64Array).map((x) => (length === 0 ? 0 : x / length));
    }),
    values: Float64Array.from(order, (i) => lengths[i] as number),
    right: order.map((i) => turns[i] as Float64Array),
  };
}

function turn(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    a[i] = cosine * x - sine * y;
    b[i] = sine * x + cosine * y;
  }
}
