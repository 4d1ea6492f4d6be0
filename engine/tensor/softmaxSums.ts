import { expNonPositive } from "./expNonPositive.ts";

/** What the softmax of a row of logits is told from, in float64. */
export interface SoftmaxSums {
  /** The likeliest id; of several the lowest. */
  readonly best: number;
  /** The sum over the row, in the order of its ids, of e^(logit - max). */
  readonly total: number;
  /** The same sum with every term times (logit - max). */
  readonly weightedShift: number;
}

/** @param best where the largest of the logits stands first; that one is finite */
export function softmaxSums(logits: ArrayLike<number>, best: number): SoftmaxSums {
  const max = logits[best] as number;
  let total = 0;
  let weightedShift = 0;
  for (let id = 0; id < logits.length; id++) {
    const shift = (logits[id] as number) - max;
    const weight = expNonPositive(shift);
    if (weight === 0) continue;
    total += weight;
    weightedShift += weight * shift;
  }
  return { best, total, weightedShift };
}
