import { BackendError, ShapeError } from "../../errors.ts";
import type { DeviceTensor } from "../backend.ts";

/** A tensor of the reference backend: every float is a float64. */
export class ReferenceTensor implements DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: "f64" | "i32";
  readonly label: string;
  readonly sizeBytes: number;
  readonly data: Float64Array | Int32Array;
  freed = false;

  constructor(shape: readonly number[], data: Float64Array | Int32Array, label: string) {
    this.shape = [...shape];
    this.dtype = data instanceof Float64Array ? "f64" : "i32";
    this.label = label;
    this.sizeBytes = data.byteLength;
    this.data = data;
  }
}

/** @throws BackendError ERR_FOREIGN_TENSOR, ERR_TENSOR_FREED */
export function own(tensor: DeviceTensor): ReferenceTensor {
  if (!(tensor instanceof ReferenceTensor))
    throw new BackendError(
      "ERR_FOREIGN_TENSOR",
      `reference: expected a tensor of the reference backend, got "${tensor.label}" of another. Allocate it on the backend that runs the program.`,
    );
  if (tensor.freed)
    throw new BackendError(
      "ERR_TENSOR_FREED",
      `reference: expected a live tensor, got "${tensor.label}" after free. Free a tensor only when no program uses it.`,
    );
  return tensor;
}

export function floats(tensor: DeviceTensor): Float64Array {
  const { data } = own(tensor);
  if (data instanceof Float64Array) return data;
  throw new ShapeError(
    "ERR_DTYPE",
    `reference: expected a float tensor, got i32 "${tensor.label}". Allocate it as f32.`,
  );
}

export function ints(tensor: DeviceTensor): Int32Array {
  const { data } = own(tensor);
  if (data instanceof Int32Array) return data;
  throw new ShapeError(
    "ERR_DTYPE",
    `reference: expected an i32 tensor, got float "${tensor.label}". Allocate it as i32.`,
  );
}
