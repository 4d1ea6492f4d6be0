import type { WeightBytes } from "../backend.ts";
import type { KeptTensor } from "../checkCall.ts";
import { isPacked, type PackedDType, type PackedLayout, packedLayout } from "../packed.ts";

export type CpuDType = "f32" | "bf16" | "i32" | PackedDType;

/** Where a tensor lies in the WebAssembly memory of one backend. */
export class CpuTensor implements KeptTensor {
  readonly shape: readonly number[];
  readonly dtype: CpuDType;
  readonly label: string;
  readonly sizeBytes: number;
  readonly address: number;
  readonly length: number;
  /** Where codes and scales lie behind the descriptor; null for one element after the other. */
  readonly layout: PackedLayout | null;
  readonly owner: object;
  readonly weightDType: WeightBytes["dtype"] | null;
  freed = false;

  constructor(
    owner: object,
    shape: readonly number[],
    dtype: CpuDType,
    weightDType: WeightBytes["dtype"] | null,
    label: string,
    address: number,
  ) {
    this.owner = owner;
    this.shape = [...shape];
    this.dtype = dtype;
    this.weightDType = weightDType;
    this.label = label;
    this.length = shape.reduce((a, b) => a * b, 1);
    this.layout = isPacked(dtype) ? packedLayout(dtype, shape) : null;
    this.sizeBytes = tensorBytes(shape, dtype);
    this.address = address;
  }

  /** The same tensor without its first rows, which is as long all the same. */
  fromRow(row: number): CpuTensor {
    const { owner, shape, dtype, weightDType, label } = this;
    const address = this.address + row * tensorBytes([1, ...shape.slice(1)], dtype);
    return new CpuTensor(owner, shape, dtype, weightDType, label, address);
  }
}

/** Before the codes of a packed tensor: what the kernels have to know of it; see wasm/packed.ts. */
export const DESCRIPTOR_BYTES = 16;

/** @throws ShapeError ERR_SHAPE for a packed tensor whose rows are not of whole groups */
export function tensorBytes(shape: readonly number[], dtype: CpuDType): number {
  if (isPacked(dtype)) return DESCRIPTOR_BYTES + packedLayout(dtype, shape).sizeBytes;
  return shape.reduce((a, b) => a * b, dtype === "bf16" ? 2 : 4);
}
