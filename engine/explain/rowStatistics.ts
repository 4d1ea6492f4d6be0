import type { Ranking } from "../generate/ranking.ts";
import { softmaxSums } from "../tensor/softmaxSums.ts";

/** What is told of a row of logits, in float64. */
export interface RowStatistics {
  /** The likeliest tokens, the lower id first among equals; fewer where fewer are possible. */
  readonly ids: readonly number[];
  /** Their probabilities. */
  readonly probabilities: readonly number[];
  /** Of the target among all tokens, 0 for the likeliest; -1 without a target. */
  readonly rank: number;
  /** The target's log probability, natural; NaN without a target. */
  readonly logProb: number;
  /** Of the distribution. */
  readonly entropyBits: number;
}

/**
 * @param logits (V) natural-log scale
 * @param target -1: none
 */
export function rowStatistics(
  logits: ArrayLike<number>,
  topK: number,
  target: number,
  ranking: Ranking,
): RowStatistics {
  const best = firstOfLargest(logits);
  const max = logits[best] as number;
  const { total, weightedShift } = softmaxSums(logits, best);
  const logTotal = Math.log(total);
  ranking.start(logits, max, 1);
  const ids: number[] = [];
  while (ids.length < topK) {
    const id = ranking.next();
    if (id < 0) break;
    ids.push(id);
  }
  return {
    ids,
    probabilities: ids.map((id) => Math.exp((logits[id] as number) - max) / total),
    rank: target < 0 ? -1 : rankOf(logits, target),
    logProb: target < 0 ? Number.NaN : (logits[target] as number) - max - logTotal,
    entropyBits: (logTotal - weightedShift / total) / Math.LN2,
  };
}

/** Id of the largest logit, the lowest of several. */
export function firstOfLargest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++)
    if ((logits[id] as number) > (logits[best] as number)) best = id;
  return best;
}

/** How many tokens come before this one: those with larger logits, and those of lower ids with the same. */
function rankOf(logits: ArrayLike<number>, target: number): number {
  const own = logits[target] as number;
  let rank = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (logit > own || (logit === own && id < target)) rank++;
  }
  return rank;
}
