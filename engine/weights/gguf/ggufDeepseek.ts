import type { JsonObject } from "../../base/json.ts";
import type { GgufMetadata } from "./ggufMetadata.ts";

/** Above this many experts DeepSeek chooses them by groups, which old files do not tell. */
const MAX_UNGROUPED = 64;

/**
 * What DeepSeek-V2 and V3 have in config.json beside what all decoders have. New files describe attention as it is over
 * latents and add `_mla` to the keys of a head's own sizes.
 * @throws ConfigError ERR_CONFIG
 */
export function ggufDeepseek(metadata: GgufMetadata): JsonObject {
  const dRope = metadata.number(".rope.dimension_count");
  const dKey = metadata.number(
    ".attention.key_length_mla",
    metadata.number(".attention.key_length"),
  );
  const count = metadata.number(".expert_count");
  const nGroups = metadata.optionalNumber(".expert_group_count");
  if (nGroups === null && count > MAX_UNGROUPED)
    metadata.fail(".expert_group_count", "a number", "Convert the model with a newer llama.cpp.");
  const gate = metadata.number(".expert_gating_func", 1);
  if (gate !== 0 && gate !== 1 && gate !== 2) metadata.fail(".expert_gating_func", "0, 1 or 2");
  const isSigmoid = gate === 2;
  const grouped = (nGroups ?? 1) > 1;
  return {
    q_lora_rank: metadata.optionalNumber(".attention.q_lora_rank"),
    kv_lora_rank: metadata.number(".attention.kv_lora_rank"),
    qk_rope_head_dim: dRope,
    qk_nope_head_dim: dKey - dRope,
    v_head_dim: metadata.number(
      ".attention.value_length_mla",
      metadata.number(".attention.value_length"),
    ),
    first_k_dense_replace: metadata.number(".leading_dense_block_count", 0),
    n_routed_experts: count,
    num_experts_per_tok: metadata.number(".expert_used_count"),
    n_shared_experts: metadata.number(".expert_shared_count", 0),
    moe_intermediate_size: metadata.number(".expert_feed_forward_length"),
    routed_scaling_factor: metadata.number(".expert_weights_scale", 1),
    norm_topk_prob: metadata.boolean(".expert_weights_norm", false),
    scoring_func: isSigmoid ? "sigmoid" : "softmax",
    topk_method: isSigmoid ? "noaux_tc" : grouped ? "group_limited_greedy" : "greedy",
    n_group: nGroups ?? 1,
    topk_group: metadata.number(".expert_group_used_count", 1),
  };
}

/** Files keep a tenth of `mscale_all_dim`, in float32; `mscale` is the same in every DeepSeek. */
export function mscales(metadata: GgufMetadata): JsonObject {
  const tenth = metadata.number(".rope.scaling.yarn_log_multiplier", 0);
  const mscale = Math.round(tenth * 1e7) / 1e6;
  return { mscale, mscale_all_dim: mscale };
}
