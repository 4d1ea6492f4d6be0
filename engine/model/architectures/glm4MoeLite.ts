import type { Architecture } from "./architecture.ts";
import { DEEPSEEK_NAMES, deepseekDecoder, listedLayers } from "./deepseek.ts";
import { unbiasedGate } from "./deepseekV3.ts";

/** GLM-4.7-Flash: DeepSeek-V3's attention and experts, with values wider than keys. arXiv:2508.06471 */
export const glm4MoeLite: Architecture = {
  spec(config) {
    return deepseekDecoder(config, unbiasedGate(config), { isSparse: listedLayers(config) });
  },
  names: new Map(DEEPSEEK_NAMES),
  defaults: {
    vocab_size: 154880,
    hidden_size: 2048,
    intermediate_size: 10240,
    moe_intermediate_size: 1536,
    num_hidden_layers: 47,
    num_attention_heads: 20,
    n_shared_experts: 1,
    n_routed_experts: 64,
    routed_scaling_factor: 1.8,
    kv_lora_rank: 512,
    q_lora_rank: 768,
    qk_rope_head_dim: 64,
    v_head_dim: 256,
    qk_nope_head_dim: 192,
    n_group: 1,
    topk_group: 1,
    num_experts_per_tok: 4,
    norm_topk_prob: true,
    hidden_act: "silu",
    max_position_embeddings: 202752,
    rope_theta: 10_000,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    rope_interleave: true,
    attention_bias: false,
  },
  aliases: { num_local_experts: "n_routed_experts", head_dim: "qk_rope_head_dim" },
};
