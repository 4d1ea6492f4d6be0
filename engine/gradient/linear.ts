import type { Ref } from "../plan/plan.ts";
import { at, type Floats, isZero, type WeightReader } from "./vjp.ts";

/** Elements of a weight that are on the host at the same time, unless one row has more. */
const PIECE = 2 ** 21;

/** A matrix (rows, columns) in a weight, `first` elements behind its beginning. */
export interface Matrix {
  readonly weight: Ref;
  readonly first: number;
  readonly rows: number;
  readonly columns: number;
}

/** into[t] += gradient[t] W for every t: the gradient of x in out = x W^T. Pieces of W that meet zeros alone are not read. */
export async function addProducts(
  weights: WeightReader,
  { weight, first, rows, columns }: Matrix,
  gradient: Float64Array, // (T, rows)
  into: Float64Array, // (T, columns)
): Promise<void> {
  const nTokens = gradient.length / rows;
  const live = Array.from({ length: nTokens }, (_, t) => t).filter(
    (t) => !isZero(gradient, t * rows, (t + 1) * rows),
  );
  const step = Math.max(1, Math.floor(PIECE / columns));
  for (let from = 0; from < rows; from += step) {
    const to = Math.min(from + step, rows);
    const met = live.filter((t) => !isZero(gradient, t * rows + from, t * rows + to));
    if (met.length === 0) continue;
    const piece = await weights.read(weight, first + from * columns, (to - from) * columns);
    const factorsOf = (t: number) => gradient.subarray(t * rows + from, t * rows + to);
    for (let i = 0; i < met.length; i += 2) {
      const [t = 0, next] = met.slice(i, i + 2);
      if (next === undefined) addRows(piece, columns, factorsOf(t), into, t * columns);
      else {
        const second = { factors: factorsOf(next), o: next * columns };
        addRowsTwice(piece, columns, { factors: factorsOf(t), o: t * columns }, second, into);
      }
    }
  }
}

/** Factors of the rows of a matrix, and where their sum goes. */
interface RowSum {
  readonly factors: Float64Array;
  readonly o: number;
}

/** `addRows` of two tokens at a time, with the same bits: each element of the matrix is loaded once for both. */
function addRowsTwice(
  matrix: Floats,
  columns: number,
  { factors: f, o }: RowSum,
  { factors: g, o: p }: RowSum,
  into: Float64Array,
): void {
  const whole = f.length - (f.length % 4);
  for (let row = 0; row < whole; row += 4) {
    const a = at(f, row);
    const b = at(f, row + 1);
    const c = at(f, row + 2);
    const d = at(f, row + 3);
    const a2 = at(g, row);
    const b2 = at(g, row + 1);
    const c2 = at(g, row + 2);
    const d2 = at(g, row + 3);
    const first = row * columns;
    for (let i = 0; i < columns; i++) {
      const w = at(matrix, first + i);
      const x = at(matrix, first + columns + i);
      const y = at(matrix, first + 2 * columns + i);
      const z = at(matrix, first + 3 * columns + i);
      into[o + i] = at(into, o + i) + (a * w + b * x + (c * y + d * z));
      into[p + i] = at(into, p + i) + (a2 * w + b2 * x + (c2 * y + d2 * z));
    }
  }
  const rest = matrix.subarray(whole * columns, f.length * columns);
  addRows(rest, columns, f.subarray(whole), into, o);
  addRows(rest, columns, g.subarray(whole), into, p);
}

/** into[o..] += sum over rows of factors[row] matrix[row], four rows at a time. */
export function addRows(
  matrix: Floats,
  columns: number,
  factors: Float64Array,
  into: Float64Array,
  o: number,
): void {
  const n = factors.length;
  let row = 0;
  for (; row + 4 <= n; row += 4) {
    const [a, b, c, d] = [
      at(factors, row),
      at(factors, row + 1),
      at(factors, row + 2),
      at(factors, row + 3),
    ];
    if (a === 0 && b === 0 && c === 0 && d === 0) continue;
    const first = row * columns;
    const [second, third, fourth] = [first + columns, first + 2 * columns, first + 3 * columns];
    for (let i = 0; i < columns; i++)
      into[o + i] =
        at(into, o + i) +
        (a * at(matrix, first + i) +
          b * at(matrix, second + i) +
          (c * at(matrix, third + i) + d * at(matrix, fourth + i)));
  }
  for (; row < n; row++) {
    const factor = at(factors, row);
    if (factor === 0) continue;
    for (let i = 0; i < columns; i++)
      into[o + i] = at(into, o + i) + factor * at(matrix, row * columns + i);
  }
}

/** Inner product of n elements. */
export function dot(
  a: ArrayLike<number>,
  aStart: number,
  b: ArrayLike<number>,
  bStart: number,
  n: number,
): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += at(a, aStart + i) * at(b, bStart + i);
  return sum;
}

/** into[o..] += factor x[from..], n elements. */
export function addScaled(
  factor: number,
  x: ArrayLike<number>,
  from: number,
  n: number,
  into: Float64Array,
  o: number,
): void {
  for (let i = 0; i < n; i++) into[o + i] = at(into, o + i) + factor * at(x, from + i);
}

/** into += x, element by element; nothing where nobody wants it. */
export function addAll(x: Float64Array, into: Float64Array | null): void {
  if (into !== null) addScaled(1, x, 0, x.length, into, 0);
}
