import type { ModelSpec } from "../model/spec.ts";
import { attentionQuery } from "./attentionQuery.ts";

/**
 * Values every run keeps on the device beside the KV cache, all linear in T: what attention maps are recomputed from,
 * and what the routes and their entropy are read from.
 */
export function keptValues(spec: ModelSpec): string[] {
  return spec.layers.flatMap((feedForward, layer) => {
    const attention = [attentionQuery(spec, layer), `blocks.${layer}.attn.lse`];
    if (spec.attention.kind === "mla" && spec.attention.indexer !== null)
      attention.push(`blocks.${layer}.attn.hook_topk_indices`);
    if (feedForward.kind === "dense") return attention;
    const mlp = `blocks.${layer}.mlp`;
    return [
      ...attention,
      `${mlp}.hook_router_scores`,
      `${mlp}.hook_expert_indices`,
      `${mlp}.hook_expert_weights`,
    ];
  });
}
