import type { RouteChoices, RoutingRecord } from "../../engine/trace/schema.ts";

export { coActivation, expertLoad, liftOf } from "../../engine/trace/routeCounts.ts";

/** Sums over a run's routes: made where the run is, and so small that a page may have them whole. */

/**
 * The smallest margin of every block of tokens, (layers, cells).
 * @param margins (layers, T)
 */
export function leastMargins(
  margins: Float32Array,
  nTokens: number,
  window: { readonly start: number; readonly count: number; readonly pool: number },
): Float32Array {
  const { start, count, pool } = window;
  const nLayers = nTokens === 0 ? 0 : margins.length / nTokens;
  const cells = Math.ceil(count / pool);
  const least = new Float32Array(nLayers * cells).fill(Number.POSITIVE_INFINITY);
  for (let row = 0; row < nLayers; row++)
    for (let i = 0; i < count; i++) {
      const margin = margins[row * nTokens + start + i] as number;
      const at = row * cells + Math.floor(i / pool);
      if (margin < (least[at] as number)) least[at] = margin;
    }
  return least;
}

/** What the router's bias changed of the choices of a run. */
export interface BiasChanges {
  /** (layers, E) tokens that came to the expert by the bias alone. */
  readonly gained: Float32Array;
  /** (layers, E) tokens that the expert would have had without it. */
  readonly lost: Float32Array;
  /** (layers) tokens whose set of experts is another one. */
  readonly nChanged: Float32Array;
}

/** Null where no layer has a bias. Layers that edits change have zeros. */
export function biasChanges(record: RoutingRecord, choices: RouteChoices): BiasChanges | null {
  const { layers, nTokens, nExperts, nExpertsPerToken: k, indices } = record;
  const { withoutBias, routers } = choices;
  if (withoutBias === null) return null;
  const gained = new Float32Array(layers.length * nExperts);
  const lost = new Float32Array(layers.length * nExperts);
  const nChanged = new Float32Array(layers.length);
  const raise = (counts: Float32Array, at: number): void => {
    counts[at] = (counts[at] as number) + 1;
  };
  layers.forEach((_, row) => {
    if (routers[row]?.isEdited === true) return;
    for (let token = 0; token < nTokens; token++) {
      const from = (row * nTokens + token) * k;
      const own = indices.subarray(from, from + k);
      const plain = withoutBias.subarray(from, from + k);
      let isOther = false;
      for (const expert of own)
        if (expert >= 0 && !plain.includes(expert)) {
          raise(gained, row * nExperts + expert);
          isOther = true;
        }
      for (const expert of plain)
        if (expert >= 0 && !own.includes(expert)) raise(lost, row * nExperts + expert);
      if (isOther) raise(nChanged, row);
    }
  });
  return { gained, lost, nChanged };
}

/** Each expert's share of its layer's routes, (layers, E); rows sum to 1. */
export function loadShares(load: Float32Array, nExperts: number): Float32Array {
  const shares = new Float32Array(load.length);
  for (let from = 0; from < load.length; from += nExperts) {
    let sum = 0;
    for (let e = 0; e < nExperts; e++) sum += load[from + e] as number;
    for (let e = 0; e < nExperts; e++)
      shares[from + e] = sum === 0 ? 0 : (load[from + e] as number) / sum;
  }
  return shares;
}

/** How far two layers' loads are apart, (layers): half the sum of |share - share|, 0 the same, 1 no expert in common. */
export function loadDistances(a: Float32Array, b: Float32Array, nExperts: number): Float64Array {
  const [shareA, shareB] = [loadShares(a, nExperts), loadShares(b, nExperts)];
  return Float64Array.from({ length: a.length / nExperts }, (_, row) => {
    let sum = 0;
    for (let at = row * nExperts; at < (row + 1) * nExperts; at++)
      sum += Math.abs((shareA[at] as number) - (shareB[at] as number));
    return sum / 2;
  });
}
