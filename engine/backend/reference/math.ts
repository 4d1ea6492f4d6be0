import { dot } from "../../tensor/dot.ts";

/**
 * Inner products of consecutive rows of n elements with one vector, each with the bits of `dot`. Four are summed at a time: one
 * alone waits for each of its additions.
 * @param out gets nRows of them from outStart on
 */
export function dots(
  rows: Float64Array,
  rowsStart: number,
  nRows: number,
  x: Float64Array,
  xStart: number,
  n: number,
  out: Float64Array,
  outStart: number,
): void {
  let row = 0;
  for (; row + 4 <= nRows; row += 4) {
    const first = rowsStart + row * n;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < n; i++) {
      const xi = at(x, xStart + i);
      a += at(rows, first + i) * xi;
      b += at(rows, first + n + i) * xi;
      c += at(rows, first + 2 * n + i) * xi;
      d += at(rows, first + 3 * n + i) * xi;
    }
    const to = outStart + row;
    out[to] = a;
    out[to + 1] = b;
    out[to + 2] = c;
    out[to + 3] = d;
  }
  for (; row < nRows; row++) out[outStart + row] = dot(rows, rowsStart + row * n, x, xStart, n);
}

/** The element at an index that the caller has checked. */
export function at(data: Float64Array | Int32Array, index: number): number {
  return data[index] as number;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function silu(x: number): number {
  return x * sigmoid(x);
}

/** The two lanes that pair j of a rotation turns. */
export function ropePair(layout: "interleaved" | "half", dim: number, j: number): [number, number] {
  return layout === "interleaved" ? [2 * j, 2 * j + 1] : [j, j + dim / 2];
}

/** Indices of the `count` largest values, descending; equal values by ascending index. */
export function largest(values: Float64Array, count: number): number[] {
  return Array.from(values.keys())
    .sort((a, b) => (at(values, a) === at(values, b) ? a - b : at(values, b) - at(values, a)))
    .slice(0, count);
}
