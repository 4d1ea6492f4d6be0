import type { DeviceTensor } from "../../deviceTensor.ts";
import type { ProductChoice } from "../products/productChoice.ts";

/** What operators are compiled for. */
export interface CompileTarget {
  readonly products: ProductChoice;
  /**
   * Words that kernels of one operator pass on, shared by operators that ask for the same; not part of the backend's memory, freed
   * by the garbage collector.
   */
  scratch(words: number, label: string, dtype: "f32" | "i32"): DeviceTensor;
}
