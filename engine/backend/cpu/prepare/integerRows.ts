import { hasIntegerCodes } from "../arithmetic.ts";
import type { CpuTensor } from "../cpuTensor.ts";
import { INTEGER_WEIGHT_NS, QUANTIZE_NS, WEIGHT_NS } from "./costs.ts";
import type { PrepareContext } from "./prepareContext.ts";

/** The rows of x that a product reads. */
export interface ProductRows {
  /** Are they whole numbers? */
  readonly isInteger: 0 | 1;
  /** What one weight times one row takes; nanoseconds. */
  readonly weightNs: number;
  /** Where `rows` rows lie, once they are what the kernel reads. */
  addressOf(rows: number): number;
}

/** Rows of k columns at `x` for a product with these weights, in whole numbers if the backend multiplies such weights so. */
export function productRows(
  { arithmetic, integers, split }: PrepareContext,
  x: number,
  k: number,
  weights: readonly CpuTensor[],
): ProductRows {
  if (arithmetic === "exact" || !weights.every(hasIntegerCodes))
    return { isInteger: 0, weightNs: WEIGHT_NS, addressOf: () => x };
  const addressOf = (rows: number): number => {
    const address = integers.reserve(rows * integerRowBytes(k));
    split("quantizeRows", { total: rows, ns: rows * k * QUANTIZE_NS }, [x, k, address]);
    return address;
  };
  return { isInteger: 1, weightNs: INTEGER_WEIGHT_NS, addressOf };
}

/** Bytes of a row; see wasm/integerRows.ts. */
function integerRowBytes(k: number): number {
  return 2 * k + 12 * (k / 32);
}
