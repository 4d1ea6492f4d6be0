import type { WeightBytes } from "../../backend/backend.ts";

/** A tensor as the checkpoint has it, which may take several of its entries. */
export interface StoredTensor {
  /** What `read` gives. */
  readonly dtype: WeightBytes["dtype"];
  /** The checkpoint's own name of the dtype. */
  readonly storedAs: string;
  readonly shape: readonly number[];
  readonly file: string;
  /** Names of its entries. */
  readonly parts: readonly string[];
  read(): Promise<WeightBytes>;
}
