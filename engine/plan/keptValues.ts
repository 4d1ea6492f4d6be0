import type { ModelSpec } from "../model/spec.ts";
import { attentionQuery } from "./attentionQuery.ts";

/**
 * What a run keeps on the device beside its KV cache and its tokens' log probabilities. nothing; routes: experts, their
 * weights and scores, and the keys that sparse attention chose; attention: also what attention maps are recomputed from;
 * all: every site.
 */
export type Keep = "nothing" | "routes" | "attention" | "all";

export const KEEPS: readonly Keep[] = ["nothing", "routes", "attention", "all"];

/**
 * Values that are kept, all linear in T. Those of "all" that are sites and nothing more are captured.
 * @param edited names of values that edits change
 */
export function keptValues(
  spec: ModelSpec,
  keep: Keep,
  edited: ReadonlySet<string> = new Set(),
): string[] {
  if (keep === "nothing") return [];
  return spec.layers.flatMap(({ attention, feedForward }, layer) => [
    ...(keep === "routes"
      ? []
      : [
          attentionQuery(spec, layer, edited),
          ...["lse", "moments"].map((value) => `blocks.${layer}.attn.${value}`),
        ]),
    ...(attention.kind === "mla" && attention.indexer !== null
      ? [`blocks.${layer}.attn.hook_topk_indices`]
      : []),
    ...(feedForward.kind === "dense" ? [] : routeValues(layer)),
  ]);
}

/** What routes and their entropy are read from. */
export function routeValues(layer: number): string[] {
  const mlp = `blocks.${layer}.mlp`;
  return [`${mlp}.hook_router_scores`, `${mlp}.hook_expert_indices`, `${mlp}.hook_expert_weights`];
}
