import { BackendError } from "../../errors.ts";
import type { DeviceDType, DeviceTensor } from "../backend.ts";
import { isPacked, PACKED_FORMATS, packedLayout } from "../packed.ts";
import type { TensorPart } from "./tensorPart.ts";

/** A tensor in a GPUBuffer of its own, or in several where it is a matrix larger than one binding may be. */
export class WebGpuTensor implements DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: DeviceDType;
  readonly label: string;
  /** In order; all but the last hold equally many elements. */
  readonly parts: readonly TensorPart[];
  /** Elements. */
  readonly size: number;
  freed = false;

  constructor(
    shape: readonly number[],
    dtype: DeviceDType,
    label: string,
    parts: readonly TensorPart[],
  ) {
    this.shape = shape;
    this.dtype = dtype;
    this.label = label;
    this.parts = parts;
    this.size = shape.reduce((a, b) => a * b, 1);
  }

  get sizeBytes(): number {
    return this.parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  }

  /** The only buffer of an activation. @throws BackendError ERR_TENSOR_TOO_LARGE for a matrix in several */
  get buffer(): GPUBuffer {
    const [part] = this.parts;
    if (part === undefined || this.parts.length > 1)
      throw new BackendError(
        "ERR_TENSOR_TOO_LARGE",
        `webgpu: expected a tensor in one buffer, got ${this.label} in ${this.parts.length}. Copy and write activations only.`,
      );
    return part.buffer;
  }
}

/** @throws ShapeError ERR_SHAPE for a packed tensor whose rows are not of whole groups */
export function tensorBytes(shape: readonly number[], dtype: DeviceDType): number {
  if (isPacked(dtype)) return packedLayout(dtype, shape).sizeBytes;
  return shape.reduce((a, b) => a * b, elementBytes(dtype));
}

/** Bytes of an element; of its code alone in packed weights. */
export function elementBytes(dtype: DeviceDType): number {
  if (isPacked(dtype)) return PACKED_FORMATS[dtype].codeBits / 8;
  if (dtype === "f64") return 8;
  return dtype === "bf16" || dtype === "f16" ? 2 : 4;
}

/** The tensor as this backend made it. @throws BackendError ERR_FOREIGN_TENSOR, ERR_FREED */
export function own(tensor: DeviceTensor): WebGpuTensor {
  if (!(tensor instanceof WebGpuTensor))
    throw new BackendError(
      "ERR_FOREIGN_TENSOR",
      `webgpu: expected a tensor of this backend, got ${tensor.label}. Allocate it with the backend that runs the program.`,
    );
  if (tensor.freed)
    throw new BackendError(
      "ERR_FREED",
      `webgpu: expected a live tensor, got ${tensor.label}, which was freed. Keep it until the last program that names it has run.`,
    );
  return tensor;
}
