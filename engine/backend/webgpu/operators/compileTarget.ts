import type { DeviceTensor } from "../../deviceTensor.ts";
import type { ProductTarget } from "../products/productForms.ts";

/** What operators are compiled for. */
export interface CompileTarget extends ProductTarget {
  readonly arithmetic: "exact" | "i8";
  /**
   * Words that kernels of one operator pass on, shared by operators that ask for the same; not part of the backend's memory, freed
   * by the garbage collector.
   */
  scratch(words: number, label: string, dtype: "f32" | "i32"): DeviceTensor;
}
