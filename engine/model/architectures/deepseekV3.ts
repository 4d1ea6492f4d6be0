import type { ConfigReader } from "../configReader.ts";
import type { Architecture } from "./architecture.ts";
import { DEEPSEEK_NAMES, deepseekDecoder, expertGroups, type Gate } from "./deepseek.ts";

/** DeepSeek-V3, R1 and V3.1: MLA, DeepSeekMoE with an auxiliary-loss-free gate. arXiv:2412.19437 */
export const deepseekV3: Architecture = {
  spec: (config) => deepseekDecoder(config, unbiasedGate(config)),
  defaults: {
    vocab_size: 129_280,
    hidden_size: 7168,
    intermediate_size: 18_432,
    moe_intermediate_size: 2048,
    num_hidden_layers: 61,
    num_attention_heads: 128,
    n_shared_experts: 1,
    n_routed_experts: 256,
    routed_scaling_factor: 2.5,
    kv_lora_rank: 512,
    q_lora_rank: 1536,
    qk_rope_head_dim: 64,
    v_head_dim: 128,
    qk_nope_head_dim: 128,
    n_group: 8,
    topk_group: 4,
    num_experts_per_tok: 8,
    first_k_dense_replace: 3,
    norm_topk_prob: true,
    hidden_act: "silu",
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    rope_interleave: true,
    attention_bias: false,
    num_nextn_predict_layers: 1,
    tie_word_embeddings: false,
  },
  aliases: { num_local_experts: "n_routed_experts", num_mtp_layers: "num_nextn_predict_layers" },
  names: new Map(DEEPSEEK_NAMES),
};

/** The gate of V3 and V3.2: selection by sigmoid scores plus a bias that the weights leave out. */
export function unbiasedGate(config: ConfigReader): Gate {
  config.require("topk_method", ["noaux_tc"], "Only the gate of DeepSeek-V3 is supported.");
  config.require("scoring_func", ["sigmoid"], "Only the gate of DeepSeek-V3 is supported.");
  return {
    scoring: "sigmoid",
    selectionBias: true,
    groupScore: "top2sum",
    normalizeWeights: config.boolean("norm_topk_prob", false),
    ...expertGroups(config),
  };
}
