import type { RoutingRecord } from "./schema.ts";

/** Sums over a run's routes, for pictures and statistics alike. */

/** Tokens sent to each expert of each MoE layer, (layers, E). */
export function expertLoad(record: RoutingRecord): Float32Array {
  const { layers, nTokens, nExperts, nExpertsPerToken, indices } = record;
  const load = new Float32Array(layers.length * nExperts);
  const perLayer = nTokens * nExpertsPerToken;
  for (let i = 0; i < indices.length; i++) {
    const expert = indices[i] as number;
    if (expert < 0) continue; // a token that edits sent to fewer
    const at = Math.floor(i / perLayer) * nExperts + expert;
    load[at] = (load[at] as number) + 1;
  }
  return load;
}

/**
 * Tokens of one layer that were sent to both of two experts, (E, E), symmetric; on the diagonal those that were sent to the one.
 * @param row place of the layer among the MoE layers
 */
export function coActivation(record: RoutingRecord, row: number): Float32Array {
  const { nTokens, nExperts, nExpertsPerToken: k, indices } = record;
  const together = new Float32Array(nExperts * nExperts);
  for (let token = 0; token < nTokens; token++) {
    const from = (row * nTokens + token) * k;
    for (let i = from; i < from + k; i++) {
      const a = indices[i] as number;
      if (a < 0) continue;
      for (let j = from; j < from + k; j++) {
        const b = indices[j] as number;
        if (b < 0) continue;
        const at = a * nExperts + b;
        together[at] = (together[at] as number) + 1;
      }
    }
  }
  return together;
}

/**
 * How often two experts were chosen together, over how often that would be if neither knew of the other: n T / (n_a n_b).
 * @param together (E, E) counts as `coActivation` makes them
 * @returns (E, E); NaN where one of them was never chosen, and on the diagonal
 */
export function liftOf(together: Float32Array, nExperts: number, nTokens: number): Float32Array {
  const lift = new Float32Array(together.length);
  for (let a = 0; a < nExperts; a++)
    for (let b = 0; b < nExperts; b++) {
      const ofA = together[a * nExperts + a] as number;
      const ofB = together[b * nExperts + b] as number;
      const both = together[a * nExperts + b] as number;
      lift[a * nExperts + b] =
        a === b || ofA === 0 || ofB === 0 ? Number.NaN : (both * nTokens) / (ofA * ofB);
    }
  return lift;
}
