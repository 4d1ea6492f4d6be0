import { BackendError } from "../../base/errors.ts";
import type { WeightBytes } from "../backend.ts";
import type { KeptTensor } from "../checkCall.ts";
import type { DeviceDType, DeviceTensor } from "../deviceTensor.ts";
import type { HostInts } from "./hostInts.ts";
import type { TensorPart } from "./tensorPart.ts";

/** A tensor in a GPUBuffer of its own, or in several where it is a matrix larger than one binding may be. */
export class WebGpuTensor implements KeptTensor {
  readonly owner: object;
  readonly shape: readonly number[];
  readonly dtype: DeviceDType;
  readonly weightDType: WeightBytes["dtype"] | null;
  readonly label: string;
  /** In order; all but the last hold equally many elements. */
  readonly parts: readonly TensorPart[];
  readonly length: number;
  /** Of an i32 tensor that the host wrote and the device did not. */
  hostInts: HostInts | null = null;
  freed = false;

  constructor(
    owner: object,
    shape: readonly number[],
    dtype: DeviceDType,
    weightDType: WeightBytes["dtype"] | null,
    label: string,
    parts: readonly TensorPart[],
  ) {
    this.owner = owner;
    this.shape = shape;
    this.dtype = dtype;
    this.weightDType = weightDType;
    this.label = label;
    this.parts = parts;
    this.length = shape.reduce((a, b) => a * b, 1);
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

/** A tensor of an operator that `PreparedOperator` has checked. */
export function own(tensor: DeviceTensor): WebGpuTensor {
  return tensor as WebGpuTensor;
}
