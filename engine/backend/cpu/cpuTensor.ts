import { BackendError } from "../../errors.ts";
import type { DeviceTensor } from "../backend.ts";
import { isPacked, type PackedDType, type PackedLayout, packedLayout } from "../packed.ts";

export type CpuDType = "f32" | "bf16" | "i32" | PackedDType;

/** Where a tensor lies in the WebAssembly memory of one backend. */
export class CpuTensor implements DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: CpuDType;
  readonly label: string;
  readonly sizeBytes: number;
  readonly address: number;
  readonly length: number;
  /** Where codes and scales lie behind the descriptor; null for one element after the other. */
  readonly layout: PackedLayout | null;
  /** The backend that allocated it. */
  readonly owner: object;
  freed = false;

  constructor(
    owner: object,
    shape: readonly number[],
    dtype: CpuDType,
    label: string,
    address: number,
  ) {
    this.owner = owner;
    this.shape = [...shape];
    this.dtype = dtype;
    this.label = label;
    this.length = shape.reduce((a, b) => a * b, 1);
    this.layout = isPacked(dtype) ? packedLayout(dtype, shape) : null;
    this.sizeBytes = tensorBytes(shape, dtype);
    this.address = address;
  }
}

/** Before the codes of a packed tensor: what the kernels have to know of it; see wasm/packed.ts. */
export const DESCRIPTOR_BYTES = 16;

/** @throws ShapeError ERR_SHAPE for a packed tensor whose rows are not of whole groups */
export function tensorBytes(shape: readonly number[], dtype: CpuDType): number {
  if (isPacked(dtype)) return DESCRIPTOR_BYTES + packedLayout(dtype, shape).sizeBytes;
  return shape.reduce((a, b) => a * b, dtype === "bf16" ? 2 : 4);
}

/** @throws BackendError ERR_FOREIGN_TENSOR, ERR_TENSOR_FREED */
export function ownedBy(owner: object, tensor: DeviceTensor): CpuTensor {
  if (!(tensor instanceof CpuTensor) || tensor.owner !== owner)
    throw new BackendError(
      "ERR_FOREIGN_TENSOR",
      `cpu: expected a tensor of this backend, got "${tensor.label}" of another. Allocate it on the backend that runs the program.`,
    );
  if (tensor.freed)
    throw new BackendError(
      "ERR_TENSOR_FREED",
      `cpu: expected a live tensor, got "${tensor.label}" after free. Free a tensor only when no program uses it.`,
    );
  return tensor;
}
