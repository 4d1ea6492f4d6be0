import { rowSize } from "../backend/checkOperator.ts";
import type { MoeSpec } from "../model/spec.ts";
import type { RoutingRecord } from "../trace/schema.ts";
import { onDevice, type RunState, stored } from "./runState.ts";

/** Layers with routed experts, ascending. */
function moeLayers(state: Pick<RunState, "device">): number[] {
  return state.device.spec.layers.flatMap((layer, i) => (layer.kind === "moe" ? [i] : []));
}

/** Routes of all tokens, from what every run keeps. For a dense model the record is empty. */
export function readRouting(state: RunState): Promise<RoutingRecord> {
  return onDevice(state, async () => {
    const { nTokens } = state;
    const layers = moeLayers(state);
    const moe = state.device.spec.layers.find((layer): layer is MoeSpec => layer.kind === "moe");
    const k = moe?.nExpertsPerToken ?? 0;
    const nExperts = moe?.nExperts ?? 0;
    const indices = new Int32Array(layers.length * nTokens * k);
    const weights = new Float32Array(layers.length * nTokens * k);
    const entropyBits = new Float32Array(layers.length * nTokens);
    await Promise.all(
      layers.map(async (layer, row) => {
        const [chosen, shares, scores] = await Promise.all(
          ["hook_expert_indices", "hook_expert_weights", "hook_router_scores"].map((value) => {
            const tensor = stored(state, `blocks.${layer}.mlp.${value}`);
            return state.device.backend.read(tensor, 0, nTokens * rowSize(tensor));
          }),
        );
        indices.set(chosen ?? [], row * nTokens * k);
        weights.set(shares ?? [], row * nTokens * k);
        for (let t = 0; t < nTokens; t++)
          entropyBits[row * nTokens + t] = entropy(
            scores?.subarray(t * nExperts, (t + 1) * nExperts),
          );
      }),
    );
    return {
      layers,
      nTokens,
      nExperts,
      nExpertsPerToken: k,
      indices,
      weights,
      entropyBits,
      biasedScores: null,
    };
  });
}

/** Shannon entropy in bits of scores normalised to sum 1. */
function entropy(scores: Iterable<number> = []): number {
  const values = [...scores];
  const sum = values.reduce((a, b) => a + b, 0);
  return values.reduce((bits, score) => {
    const p = score / sum;
    return p > 0 ? bits - p * Math.log2(p) : bits;
  }, 0);
}
