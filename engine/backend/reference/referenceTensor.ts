import { ShapeError } from "../../base/errors.ts";
import type { WeightBytes } from "../backend.ts";
import type { KeptTensor } from "../checkCall.ts";
import type { DeviceTensor } from "../deviceTensor.ts";
import { isPacked, type PackedLayout, packedLayout } from "../packed.ts";
import { rowSize } from "../tensorSize.ts";

/** A tensor of the reference backend: every float is a float64. */
export class ReferenceTensor implements KeptTensor {
  readonly owner: object;
  readonly shape: readonly number[];
  readonly dtype: "f64" | "i32";
  readonly weightDType: WeightBytes["dtype"] | null;
  readonly label: string;
  readonly sizeBytes: number;
  readonly data: Float64Array | Int32Array;
  /** The groups in which a packed weight is written, though it is kept wide. */
  readonly layout: PackedLayout | null;
  freed = false;

  constructor(
    owner: object,
    shape: readonly number[],
    data: Float64Array | Int32Array,
    weightDType: WeightBytes["dtype"] | null,
    label: string,
  ) {
    this.owner = owner;
    this.shape = [...shape];
    this.dtype = data instanceof Float64Array ? "f64" : "i32";
    this.weightDType = weightDType;
    this.label = label;
    this.sizeBytes = data.byteLength;
    this.data = data;
    this.layout = weightDType && isPacked(weightDType) ? packedLayout(weightDType, shape) : null;
  }

  /** The same tensor without its first rows, which is as long all the same. */
  fromRow(row: number): ReferenceTensor {
    const { owner, shape, weightDType, label } = this;
    const data = this.data.subarray(row * rowSize(this));
    return new ReferenceTensor(owner, shape, data, weightDType, label);
  }

  get length(): number {
    return this.data.length;
  }
}

/** An operator's tensors, checked before it runs. */
const own = (tensor: DeviceTensor): ReferenceTensor => tensor as ReferenceTensor;

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
