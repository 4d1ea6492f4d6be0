import type { Ref } from "../plan/plan.ts";
import { addProduct } from "./products.ts";
import { at, isZero, type WeightReader } from "./vjp.ts";

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
    const data = await weights.read(weight, first + from * columns, (to - from) * columns);
    addProduct(
      { data: gradient, starts: met.map((t) => t * rows + from) },
      { data, first: 0, rowStride: columns, columnStride: 1 },
      [to - from, columns],
      { data: into, starts: met.map((t) => t * columns) },
    );
  }
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
