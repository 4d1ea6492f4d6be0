import type { PackedDType } from "./packed.ts";

/** How a device keeps numbers. Weights stay as the checkpoint has them where the backend can read them packed. */
export type DeviceDType = "f32" | "f64" | "bf16" | "f16" | "i32" | PackedDType;

/** A buffer on a device. Leading axis first; rows beyond the step's nTokens hold stale data. */
export interface DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: DeviceDType;
  readonly label: string;
  readonly sizeBytes: number;
}

/** What changes from one execution of a program to the next. */
export interface Step {
  /** T: rows of this step, at least 1, at most the leading axis of the program's tensors. */
  readonly nTokens: number;
  /** Tokens already in the KV cache; the step's token t stands at position start + t and S = start + T. */
  readonly start: number;
}
