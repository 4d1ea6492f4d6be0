import { hasIntegerCodes } from "../arithmetic.ts";
import type { CpuTensor } from "../cpuTensor.ts";
import { LIMB_WEIGHT_NS, QUANTIZE_NS, WEIGHT_NS } from "./costs.ts";
import { integerRowBytes } from "./integerRows.ts";
import type { PrepareContext } from "./prepareContext.ts";

/** The rows of x that a product reads. */
export interface ProductRows {
  /** Limbs of 16 bits in their whole numbers, or 0 for floats. */
  readonly limbs: 0 | 1 | 2;
  /** What one weight times one row takes; nanoseconds. */
  readonly weightNs: number;
  /** Where `count` rows from the address `x` on lie, once they are what the kernel reads. */
  rowsAt(x: number, count: number): number;
}

/** Rows of k columns for a product with these weights: in whole numbers where the codes of the weights are such. */
export function productRows(
  { arithmetic, memory, split }: PrepareContext,
  k: number,
  weights: readonly CpuTensor[],
): ProductRows {
  if (!weights.every(hasIntegerCodes)) return { limbs: 0, weightNs: WEIGHT_NS, rowsAt: (x) => x };
  const limbs = arithmetic === "exact" ? 2 : 1;
  const rowsAt = (x: number, count: number): number => {
    const address = memory.integers.reserve(count * integerRowBytes(k, limbs));
    const work = { total: count, ns: count * k * limbs * QUANTIZE_NS };
    split("quantizeRows", work, [limbs, x, k, address]);
    return address;
  };
  return { limbs, weightNs: limbs * LIMB_WEIGHT_NS, rowsAt };
}
