import { likeliest } from "./likeliest.ts";

/** Tokens that sampling may choose from, likeliest first. */
export interface Candidates {
  readonly ids: readonly number[];
  /** Of all `ids`, in the unit of the weights they came from. */
  readonly totalWeight: number;
}

/**
 * Top-k, then top-p over what top-k left: the smallest head of the ranking whose share of the kept weight is at least p.
 * Tokens of weight 0 are never kept.
 * @param logits (V), the ranking; exact where weights have been rounded to equal
 * @param weights (V), unnormalised probabilities in the same order, at least one above 0
 * @param topK 0 keeps all
 * @param topP in (0, 1]
 * @see arXiv:1805.04833 (top-k), arXiv:1904.09751 (top-p)
 */
export function truncate(
  logits: ArrayLike<number>,
  weights: Float64Array,
  topK: number,
  topP: number,
): Candidates {
  const k = topK === 0 ? weights.length : topK;
  const head: number[] = [];
  let headWeight = 0;
  const enough = topK === 0 ? topP * sum(weights) : Number.POSITIVE_INFINITY;
  for (const id of likeliest(logits)) {
    const weight = weights[id] as number;
    if (head.length === k || weight === 0) break;
    head.push(id);
    headWeight += weight;
    if (topP < 1 && headWeight >= enough) break;
  }
  return topK === 0 || topP === 1
    ? { ids: head, totalWeight: headWeight }
    : shorten(head, weights, topP * headWeight);
}

function shorten(head: readonly number[], weights: Float64Array, enough: number): Candidates {
  let weight = 0;
  let count = 0;
  while (count < head.length && weight < enough)
    weight += weights[head[count++] as number] as number;
  return { ids: head.slice(0, count), totalWeight: weight };
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
