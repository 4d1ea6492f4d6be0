import { BackendError } from "../../errors.ts";
import type { DeviceTensor } from "../backend.ts";

/** Where a tensor lies in the WebAssembly memory of one backend. */
export class CpuTensor implements DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: "f32" | "bf16" | "i32";
  readonly label: string;
  readonly sizeBytes: number;
  readonly address: number;
  readonly length: number;
  /** The backend that allocated it. */
  readonly owner: object;
  freed = false;

  constructor(
    owner: object,
    shape: readonly number[],
    dtype: "f32" | "bf16" | "i32",
    label: string,
    address: number,
  ) {
    this.owner = owner;
    this.shape = [...shape];
    this.dtype = dtype;
    this.label = label;
    this.length = shape.reduce((a, b) => a * b, 1);
    this.sizeBytes = this.length * bytesPerElement(dtype);
    this.address = address;
  }
}

export function bytesPerElement(dtype: "f32" | "bf16" | "i32"): number {
  return dtype === "bf16" ? 2 : 4;
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
