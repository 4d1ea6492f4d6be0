import { rowSize } from "../backend/checkOperator.ts";
import type { ModelSpec, MoeSpec } from "../model/spec.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { RoutingRecord } from "../trace/schema.ts";
import { readChoices } from "./readChoices.ts";
import { onDevice, type RunState, specOf, stored } from "./runState.ts";

/** Layers with routed experts, ascending. */
function moeOf({ layers }: ModelSpec): { readonly layer: number; readonly moe: MoeSpec }[] {
  return layers.flatMap(({ feedForward: moe }, layer) =>
    moe.kind === "moe" ? [{ layer, moe }] : [],
  );
}

/** Layers with routed experts, ascending. */
export function moeLayers(state: Pick<RunState, "device" | "edits">): number[] {
  return moeOf(specOf(state)).map(({ layer }) => layer);
}

/**
 * Routes of all tokens, from what is stored of them. For a dense model the record is empty. Where edits have layers choose
 * different numbers of experts, the places that are left have the expert -1 and the weight 0.
 */
export function readRouting(state: RunState): Promise<RoutingRecord> {
  return onDevice(state, async () => {
    const { nTokens } = state;
    const layers = moeOf(specOf(state));
    const most = Math.max(0, ...layers.map(({ moe }) => moe.nExpertsPerToken));
    const nExperts = Math.max(0, ...layers.map(({ moe }) => moe.nExperts));
    const indices = new Int32Array(layers.length * nTokens * most).fill(-1);
    const weights = new Float32Array(layers.length * nTokens * most);
    const entropyBits = new Float32Array(layers.length * nTokens);
    await Promise.all(
      layers.map(async ({ layer, moe }, row) => {
        const [chosen, shares, scores] = await Promise.all(
          ["hook_expert_indices", "hook_expert_weights", "hook_router_scores"].map((value) => {
            const tensor = stored(state, `blocks.${layer}.mlp.${value}`);
            return state.device.backend.read(tensor, 0, nTokens * rowSize(tensor));
          }),
        );
        const { nExpertsPerToken: k, nExperts: width } = moe;
        for (let t = 0; t < nTokens; t++) {
          const place = (row * nTokens + t) * most;
          indices.set(chosen?.subarray(t * k, (t + 1) * k) ?? [], place);
          weights.set(shares?.subarray(t * k, (t + 1) * k) ?? [], place);
          entropyBits[row * nTokens + t] = entropy(
            (scores as HostArray).subarray(t * width, (t + 1) * width) as HostArray,
          );
        }
      }),
    );
    return {
      layers: layers.map(({ layer }) => layer),
      nTokens,
      nExperts,
      nExpertsPerToken: most,
      indices,
      weights,
      entropyBits,
      biasedScores: null,
    };
  });
}

/** A layer's scores of all tokens, (T, E), by its place among the layers of the record. */
type ReadScores = (row: number) => Promise<HostArray>;

/** The record with what was asked for of the routers' scores. */
export async function readScores(
  state: RunState,
  routing: RoutingRecord,
  wanted: { readonly biasedScores?: boolean; readonly choices?: boolean },
  read: { readonly scores: ReadScores; readonly biased: ReadScores },
): Promise<RoutingRecord> {
  const moes = moeOf(specOf(state)).map(({ moe }) => moe);
  const edited = new Set(
    state.edits?.touched.flatMap(({ edit }) => (edit.kind === "experts" ? [edit.layer] : [])),
  );
  return {
    ...routing,
    ...(wanted.biasedScores === true && {
      biasedScores: await allScores(routing, moes, read.biased),
    }),
    ...(wanted.choices === true && {
      choices: await readChoices(routing, moes, edited, async (row) => ({
        scores: await read.scores(row),
        biased: await read.biased(row),
      })),
    }),
  };
}

/** (layers, T, E); -inf behind the experts of a layer that has fewer than others. */
async function allScores(
  { nTokens, nExperts }: RoutingRecord,
  moes: readonly MoeSpec[],
  read: ReadScores,
): Promise<Float32Array> {
  const all = new Float32Array(moes.length * nTokens * nExperts).fill(Number.NEGATIVE_INFINITY);
  for (const [row, { nExperts: width }] of moes.entries()) {
    const scores = await read(row);
    for (let t = 0; t < nTokens; t++)
      all.set(scores.subarray(t * width, (t + 1) * width), (row * nTokens + t) * nExperts);
  }
  return all;
}

/** Shannon entropy in bits of scores normalised to sum 1. */
function entropy(scores: HostArray): number {
  let sum = 0;
  for (const score of scores) sum += score;
  let bits = 0;
  for (const score of scores) {
    const p = score / sum;
    if (p > 0) bits -= p * Math.log2(p);
  }
  return bits;
}
