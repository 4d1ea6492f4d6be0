import type { RoutingRecord } from "../../engine/trace/schema.ts";

/** Mean over the layers with experts of each token's router entropy, (T) bits. */
export function routerEntropies(routing: RoutingRecord): Float64Array {
  const { layers, nTokens, entropyBits } = routing;
  return Float64Array.from({ length: nTokens }, (_, t) => {
    let sum = 0;
    for (let layer = 0; layer < layers.length; layer++)
      sum += entropyBits[layer * nTokens + t] as number;
    return sum / layers.length;
  });
}

/**
 * How close each token's routes were to others, (T): the least over the layers of the lowest score that was chosen over the highest
 * that was not. Below 0 where edits chose otherwise; NaN where no layer had another expert to choose.
 */
export function routerMargins(routing: RoutingRecord): Float64Array {
  const { layers, nTokens, nExperts, nExpertsPerToken: k, indices, biasedScores } = routing;
  if (biasedScores === null) throw new Error("routerMargins needs the router's scores");
  return Float64Array.from({ length: nTokens }, (_, t) => {
    let least = Number.POSITIVE_INFINITY;
    for (let layer = 0; layer < layers.length; layer++) {
      const row = layer * nTokens + t;
      const chosen = indices.subarray(row * k, (row + 1) * k);
      const margin = marginOf(biasedScores.subarray(row * nExperts, (row + 1) * nExperts), chosen);
      if (margin < least) least = margin;
    }
    return Number.isFinite(least) ? least : Number.NaN;
  });
}

/** Experts of dropped groups have -inf and could not be chosen. */
function marginOf(scores: Float32Array, chosen: Int32Array): number {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  scores.forEach((score, expert) => {
    if (chosen.includes(expert)) lowest = Math.min(lowest, score);
    else highest = Math.max(highest, score);
  });
  return lowest - highest;
}
