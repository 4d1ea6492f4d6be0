import type { Range } from "../tensor/indexRange.ts";
import { sliceArray } from "../tensor/sliceArray.ts";
import { type HostArray, Tensor } from "../tensor/tensor.ts";

/** Cuts the ranges out of a row-major array and drops the axes that were given as one index. */
export function sliceTensor(
  data: HostArray,
  shape: readonly number[],
  dims: readonly string[],
  ranges: readonly Range[],
): Tensor {
  const { data: cut, shape: left, axes } = sliceArray(data, shape, ranges);
  return new Tensor(
    cut,
    left,
    axes.map((axis) => dims[axis] ?? ""),
  );
}
