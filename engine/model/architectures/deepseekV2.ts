import type { ConfigReader } from "../configReader.ts";
import type { Architecture } from "./architecture.ts";
import { DEEPSEEK_NAMES, deepseekDecoder, expertGroups, type Gate } from "./deepseek.ts";

/** DeepSeek-V2 and V2-Lite: MLA, softmax gate with optional groups. arXiv:2405.04434 */
export const deepseekV2: Architecture = {
  spec: (config) => deepseekDecoder(config, softmaxGate(config)),
  defaults: {
    vocab_size: 102_400,
    hidden_size: 4096,
    intermediate_size: 11_008,
    moe_intermediate_size: 1407,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    n_shared_experts: 2,
    n_routed_experts: 64,
    routed_scaling_factor: 1,
    kv_lora_rank: 512,
    q_lora_rank: 1536,
    qk_rope_head_dim: 64,
    v_head_dim: 128,
    qk_nope_head_dim: 128,
    topk_method: "greedy",
    norm_topk_prob: false,
    first_k_dense_replace: 0,
    hidden_act: "silu",
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: false,
  },
  aliases: { num_experts: "n_routed_experts" },
  names: new Map(DEEPSEEK_NAMES),
};

function softmaxGate(config: ConfigReader): Gate {
  const why = "Only the gates of DeepSeek-V2 and V2-Lite are supported.";
  config.require("topk_method", ["greedy", "group_limited_greedy"], why);
  config.require("scoring_func", ["softmax"], why);
  config.require(
    "norm_topk_prob",
    [false],
    "Implementations disagree on what normalised weights mean for deepseek_v2.",
  );
  const grouped = config.string("topk_method") === "group_limited_greedy";
  return {
    scoring: "softmax",
    selectionBias: false,
    groupScore: "max",
    normalizeWeights: false,
    ...(grouped ? expertGroups(config) : { nGroups: 1, nGroupsKept: 1 }),
  };
}
