import { BackendError } from "../../errors.ts";
import type { DeviceDType, DeviceTensor } from "../backend.ts";
import { isPacked, PACKED_FORMATS, type PackedLayout, packedLayout } from "../packed.ts";

/** A tensor in a GPUBuffer of its own. */
export class WebGpuTensor implements DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: DeviceDType;
  readonly label: string;
  readonly buffer: GPUBuffer;
  /** Elements. */
  readonly size: number;
  /** Where codes and scales lie; null for one element after the other. */
  readonly layout: PackedLayout | null;
  freed = false;
  /** Words a write ended in the middle of, by word index: the part that is already written. */
  readonly partWords = new Map<number, number>();

  constructor(shape: readonly number[], dtype: DeviceDType, label: string, buffer: GPUBuffer) {
    this.shape = shape;
    this.dtype = dtype;
    this.label = label;
    this.buffer = buffer;
    this.size = shape.reduce((a, b) => a * b, 1);
    this.layout = isPacked(dtype) ? packedLayout(dtype, shape) : null;
  }

  get sizeBytes(): number {
    return tensorBytes(this.shape, this.dtype);
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
