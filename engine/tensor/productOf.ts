import { ShapeError } from "../base/errors.ts";
import type { FloatArray, HostArray } from "./hostArray.ts";
import { multiply } from "./multiply.ts";

/** Numbers with their axes. */
interface Numbers<A extends HostArray = HostArray> {
  readonly data: A;
  readonly shape: readonly number[];
  readonly dims: readonly string[];
}

/**
 * (..., N, K) times (K, M), or times as many (..., K, M): `Tensor.matmul`.
 * @throws ShapeError ERR_SHAPE, ERR_DTYPE
 */
export function productOf(left: Numbers, right: Numbers): Numbers<FloatArray> {
  if (left.data instanceof Int32Array || right.data instanceof Int32Array)
    throw new ShapeError(
      "ERR_DTYPE",
      "Tensor.matmul: expected floats, got whole numbers (i32). Make a tensor of Float32Array.from(data).",
    );
  const [a, b] = [asMatrices(left, "row"), asMatrices(right, "column")];
  const isShared = b.batch.length === 0;
  const isFitting =
    isShared || (a.batch.length === b.batch.length && a.batch.every((n, i) => n === b.batch[i]));
  if (a.columns !== b.rows || !isFitting)
    throw new ShapeError(
      "ERR_SHAPE",
      `Tensor.matmul: expected (..., N, K) times (K, M) or as many (..., K, M), got (${left.shape.join(", ")}) times (${right.shape.join(", ")}). Slice or transpose one of them.`,
    );
  const count = a.batch.reduce((x, y) => x * y, 1);
  const isWide = left.data instanceof Float64Array || right.data instanceof Float64Array;
  const size = a.rows * b.columns;
  const data: FloatArray = isWide ? new Float64Array(count * size) : new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    const product = multiply(matrixAt(left.data, a, i), matrixAt(right.data, b, isShared ? 0 : i));
    data.set(product, i * size);
  }
  const axes = [
    ...(left.shape.length === 1 ? [] : [{ size: a.rows, dim: left.dims.at(-2) as string }]),
    ...(right.shape.length === 1 ? [] : [{ size: b.columns, dim: right.dims.at(-1) as string }]),
  ];
  return {
    data,
    shape: [...a.batch, ...axes.map((axis) => axis.size)],
    dims: [...left.dims.slice(0, a.batch.length), ...axes.map((axis) => axis.dim)],
  };
}

interface Matrices {
  readonly batch: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

/** @throws ShapeError ERR_SHAPE for a number alone */
function asMatrices({ shape }: Numbers, vector: "row" | "column"): Matrices {
  const [last] = shape.slice(-1);
  if (last === undefined)
    throw new ShapeError(
      "ERR_SHAPE",
      "Tensor.matmul: expected vectors or matrices, got a tensor without axes. Use map to multiply by a number.",
    );
  const before = shape.at(-2);
  if (before !== undefined) return { batch: shape.slice(0, -2), rows: before, columns: last };
  return vector === "row"
    ? { batch: [], rows: 1, columns: last }
    : { batch: [], rows: last, columns: 1 };
}

function matrixAt(data: HostArray, { rows, columns }: Matrices, index: number) {
  const size = rows * columns;
  return { data: data.subarray(index * size, (index + 1) * size), rows, columns };
}
