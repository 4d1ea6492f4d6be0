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
  /** Where `count` rows from the address `x` on lie, once they are what the kernel reads. */
  rowsAt(x: number, count: number): number;
}

/** Rows of k columns for a product with these weights, in whole numbers if the backend multiplies such weights so. */
export function productRows(
  { arithmetic, memory, split }: PrepareContext,
  k: number,
  weights: readonly CpuTensor[],
): ProductRows {
  if (arithmetic === "exact" || !weights.every(hasIntegerCodes))
    return { isInteger: 0, weightNs: WEIGHT_NS, rowsAt: (x) => x };
  const rowsAt = (x: number, count: number): number => {
    const address = memory.integers.reserve(count * integerRowBytes(k));
    split("quantizeRows", { total: count, ns: count * k * QUANTIZE_NS }, [x, k, address]);
    return address;
  };
  return { isInteger: 1, weightNs: INTEGER_WEIGHT_NS, rowsAt };
}

/** Bytes of a row; see wasm/integerRows.ts. */
function integerRowBytes(k: number): number {
  return 2 * k + 12 * (k / 32);
}
