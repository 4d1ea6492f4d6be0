import type { MoeSpec } from "../model/spec.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { RouteChoices, RouterRecord, RoutingRecord } from "../trace/schema.ts";
import { chooseExperts } from "./chooseExperts.ts";

/** What a layer's router saw of all tokens, (T, E) each. */
export interface RouterScores {
  /** After sigmoid or softmax. */
  readonly scores: HostArray;
  /** With the bias, as selection saw them. */
  readonly biased: HostArray;
}

/**
 * How near every choice was to another, and what the bias changed of it. Layers are read one after the other.
 * @param moes (layers) the routers' rules, in the order of `routing.layers`
 * @param read a layer's scores, by its place among `routing.layers`
 */
export async function readChoices(
  routing: RoutingRecord,
  moes: readonly MoeSpec[],
  editedLayers: ReadonlySet<number>,
  read: (row: number) => Promise<RouterScores>,
): Promise<RouteChoices> {
  const { layers, nTokens, nExpertsPerToken: k, indices } = routing;
  const routers = moes.map((moe, row) => routerOf(moe, editedLayers.has(layers[row] ?? -1)));
  const margins = new Float32Array(layers.length * nTokens);
  const runnersUp = new Int32Array(layers.length * nTokens);
  const withoutBias = routers.some(({ hasBias }) => hasBias) ? Int32Array.from(indices) : null;
  for (const [row, moe] of moes.entries()) {
    const { scores, biased } = await read(row);
    const { nExperts } = moe;
    for (let token = 0; token < nTokens; token++) {
      const place = row * nTokens + token;
      const chosen = indices.subarray(place * k, (place + 1) * k);
      const rowOf = (all: HostArray): HostArray =>
        all.subarray(token * nExperts, (token + 1) * nExperts) as HostArray;
      const { margin, runnerUp } = nearest(rowOf(biased), chosen);
      margins[place] = margin;
      runnersUp[place] = runnerUp;
      if (withoutBias === null || routers[row]?.hasBias !== true) continue;
      withoutBias.fill(-1, place * k, (place + 1) * k);
      if (!routers[row].isEdited) withoutBias.set(chooseExperts(rowOf(scores), moe), place * k);
    }
  }
  return { routers, margins, runnersUp, withoutBias };
}

function routerOf(moe: MoeSpec, isEdited: boolean): RouterRecord {
  const { nExperts, nExpertsPerToken, scoring, selectionBias: hasBias, nGroups, nGroupsKept } = moe;
  return { nExperts, nExpertsPerToken, scoring, hasBias, nGroups, nGroupsKept, isEdited };
}

/** The lowest score that was chosen less the highest that was not, and whose that is. */
function nearest(
  biased: HostArray,
  chosen: Int32Array,
): { readonly margin: number; readonly runnerUp: number } {
  let lowest = Number.POSITIVE_INFINITY;
  for (const expert of chosen) if (expert >= 0) lowest = Math.min(lowest, biased[expert] as number);
  let highest = Number.NEGATIVE_INFINITY;
  let runnerUp = -1;
  for (let expert = 0; expert < biased.length; expert++) {
    const score = biased[expert] as number;
    if (score <= highest || chosen.includes(expert)) continue;
    highest = score;
    runnerUp = expert;
  }
  return { margin: lowest - highest, runnerUp };
}
