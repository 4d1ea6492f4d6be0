import type { JsonObject } from "../../base/json.ts";
import type { GgufMetadata } from "./ggufMetadata.ts";

/** llama.cpp's number of a gate that scores experts by a sigmoid; 0 stands for what the architecture does. */
const SIGMOIDS = [0, 2];

/**
 * What GLM-4.5 has in config.json beside what all decoders have. Whether its attention has biases and head norms, only the
 * tensors tell.
 * @param has is there a tensor of this name?
 * @throws ConfigError ERR_CONFIG
 */
export function ggufGlm(metadata: GgufMetadata, has: (tensor: string) => boolean): JsonObject {
  const nHeads = metadata.number(".attention.head_count");
  const whole = metadata.number(".embedding_length") / nHeads;
  const dHead = metadata.number(".attention.key_length", whole);
  const dRope = metadata.number(".rope.dimension_count", dHead);
  if (metadata.number(".attention.value_length", dHead) !== dHead)
    metadata.fail(".attention.value_length", `the size of a head, ${dHead}`);
  if (!SIGMOIDS.includes(metadata.number(".expert_gating_func", 0)))
    metadata.fail(".expert_gating_func", SIGMOIDS.join(" or "));
  return {
    num_key_value_heads: metadata.number(".attention.head_count_kv", nHeads),
    head_dim: dHead,
    // Rounded down when it is read, which must give the dims again.
    partial_rotary_factor: dRope === dHead ? 1 : (dRope + 0.5) / dHead,
    attention_bias: has("blk.0.attn_q.bias"),
    use_qk_norm: has("blk.0.attn_q_norm.weight"),
    first_k_dense_replace: metadata.number(".leading_dense_block_count", 0),
    n_routed_experts: metadata.number(".expert_count"),
    num_experts_per_tok: metadata.number(".expert_used_count"),
    n_shared_experts: metadata.number(".expert_shared_count", 0),
    moe_intermediate_size: metadata.number(".expert_feed_forward_length"),
    routed_scaling_factor: metadata.number(".expert_weights_scale", 0) || 1, // 0: no scale
    norm_topk_prob: metadata.boolean(".expert_weights_norm", false),
    n_group: metadata.number(".expert_group_count", 1) || 1,
    topk_group: metadata.number(".expert_group_used_count", 1) || 1,
  };
}
