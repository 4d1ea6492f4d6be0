import { type HostArray, Tensor } from "../tensor/tensor.ts";
import type { Range } from "./selection.ts";

/** Cuts the ranges out of a row-major array and drops the axes that were given as one index. */
export function sliceTensor(
  data: HostArray,
  shape: readonly number[],
  dims: readonly string[],
  ranges: readonly Range[],
): Tensor {
  let cut = data;
  let current = [...shape];
  ranges.forEach(({ start, count }, axis) => {
    if (count === current[axis]) return;
    cut = sliceAxis(cut, current, axis, start, count);
    current = current.with(axis, count);
  });
  const kept = current.map((_, axis) => axis).filter((axis) => ranges[axis]?.single !== true);
  return new Tensor(
    cut,
    kept.map((axis) => current[axis] ?? 0),
    kept.map((axis) => dims[axis] ?? ""),
  );
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
