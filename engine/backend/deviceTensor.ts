import type { PackedDType } from "./packed.ts";

/** How a device keeps numbers. Weights stay as the checkpoint has them where the backend can read them packed. */
export type DeviceDType = "f32" | "f64" | "bf16" | "f16" | "i32" | PackedDType;

/** A buffer on a device. Leading axis first; rows outside of the step's hold stale data. */
export interface DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: DeviceDType;
  readonly label: string;
  readonly sizeBytes: number;
}

/** What changes from one execution of a program to the next. */
export interface Step {
  /** T: rows of this step, at least 1. */
  readonly nTokens: number;
  /** Tokens already in the KV cache; the step's token t stands at position start + t and S = start + T. */
  readonly start: number;
  /**
   * Where the step's rows begin: token t is row `row + t` of every tensor with a token axis, which has at least `row` + T rows.
   * Sequences that lie side by side in the same tensors take their steps so. Default 0.
   */
  readonly row?: number;
}
