/** Inner product of n elements, index ascending. */
export function dot(
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  n: number,
): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += at(a, aStart + i) * at(b, bStart + i);
  return sum;
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
