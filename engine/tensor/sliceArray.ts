import type { HostArray } from "./hostArray.ts";
import type { Range } from "./indexRange.ts";

/** What is left of a row-major array, and which of its axes. */
export interface SlicedArray {
  readonly data: HostArray;
  readonly shape: readonly number[];
  /** Those that were not given as one index. */
  readonly axes: readonly number[];
}

/** Cuts the ranges out of a row-major array and drops the axes that were given as one index. The array itself where nothing is cut. */
export function sliceArray(
  data: HostArray,
  shape: readonly number[],
  ranges: readonly Range[],
): SlicedArray {
  let cut = data;
  let current = [...shape];
  ranges.forEach(({ start, count }, axis) => {
    if (count === current[axis]) return;
    cut = sliceAxis(cut, current, axis, start, count);
    current = current.with(axis, count);
  });
  const axes = current.map((_, axis) => axis).filter((axis) => ranges[axis]?.single !== true);
  return { data: cut, shape: axes.map((axis) => current[axis] ?? 0), axes };
}

function sliceAxis(
  data: HostArray,
  shape: readonly number[],
  axis: number,
  start: number,
  count: number,
): HostArray {
  const size = (axes: readonly number[]) => axes.reduce((a, b) => a * b, 1);
  const outer = size(shape.slice(0, axis));
  const inner = size(shape.slice(axis + 1));
  const stride = (shape[axis] ?? 0) * inner;
  const out = new (data.constructor as new (n: number) => HostArray)(outer * count * inner);
  for (let o = 0; o < outer; o++) {
    const from = o * stride + start * inner;
    out.set(data.subarray(from, from + count * inner), o * count * inner);
  }
  return out;
}
