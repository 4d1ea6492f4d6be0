import type { DeviceTensor } from "../../deviceTensor.ts";
import type { ProductStyle } from "../products/productForms.ts";

/** What operators are compiled for. */
export interface CompileTarget {
  readonly style: ProductStyle;
  /** i32 words that kernels of one operator pass on; not part of the backend's memory, freed by the garbage collector. */
  scratch(words: number, label: string): DeviceTensor;
}
