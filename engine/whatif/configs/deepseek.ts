import type { ShippedConfig } from "./shippedConfig.ts";

/** Of DeepSeek's own context extension, 4,096 to 163,840 positions. */
const yarn = (mscale: number) => ({
  beta_fast: 32,
  beta_slow: 1,
  factor: 40,
  mscale,
  mscale_all_dim: mscale,
  original_max_position_embeddings: 4096,
  type: "yarn",
});

/** Scales of 128 rows by 128 columns. */
const FP8 = {
  activation_scheme: "dynamic",
  fmt: "e4m3",
  quant_method: "fp8",
  weight_block_size: [128, 128],
};

const V2_LITE = {
  model_type: "deepseek_v2",
  attention_bias: false,
  first_k_dense_replace: 1,
  hidden_act: "silu",
  hidden_size: 2048,
  intermediate_size: 10944,
  kv_lora_rank: 512,
  max_position_embeddings: 163840,
  moe_intermediate_size: 1408,
  moe_layer_freq: 1,
  n_group: 1,
  n_routed_experts: 64,
  n_shared_experts: 2,
  norm_topk_prob: false,
  num_attention_heads: 16,
  num_experts_per_tok: 6,
  num_hidden_layers: 27,
  num_key_value_heads: 16,
  q_lora_rank: null,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  rms_norm_eps: 1e-6,
  rope_scaling: yarn(707 / 1000),
  rope_theta: 10000,
  routed_scaling_factor: 1,
  scoring_func: "softmax",
  tie_word_embeddings: false,
  topk_group: 1,
  topk_method: "greedy",
  torch_dtype: "bfloat16",
  v_head_dim: 128,
  vocab_size: 102400,
};

const V2 = {
  ...V2_LITE,
  hidden_size: 5120,
  intermediate_size: 12288,
  moe_intermediate_size: 1536,
  n_group: 8,
  n_routed_experts: 160,
  num_attention_heads: 128,
  num_hidden_layers: 60,
  num_key_value_heads: 128,
  q_lora_rank: 1536,
  routed_scaling_factor: 16,
  topk_group: 3,
  topk_method: "group_limited_greedy",
};

const V3 = {
  model_type: "deepseek_v3",
  attention_bias: false,
  first_k_dense_replace: 3,
  hidden_act: "silu",
  hidden_size: 7168,
  intermediate_size: 18432,
  kv_lora_rank: 512,
  max_position_embeddings: 163840,
  moe_intermediate_size: 2048,
  moe_layer_freq: 1,
  n_group: 8,
  n_routed_experts: 256,
  n_shared_experts: 1,
  norm_topk_prob: true,
  num_attention_heads: 128,
  num_experts_per_tok: 8,
  num_hidden_layers: 61,
  num_key_value_heads: 128,
  num_nextn_predict_layers: 1,
  q_lora_rank: 1536,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  quantization_config: FP8,
  rms_norm_eps: 1e-6,
  rope_scaling: yarn(1),
  rope_theta: 10000,
  routed_scaling_factor: 2.5,
  scoring_func: "sigmoid",
  tie_word_embeddings: false,
  topk_group: 4,
  topk_method: "noaux_tc",
  torch_dtype: "bfloat16",
  v_head_dim: 128,
  vocab_size: 129280,
};

/** V3 with the lightning indexer of sparse attention. arXiv:2512.02556 */
const V3_2 = {
  ...V3,
  model_type: "deepseek_v32",
  index_head_dim: 128,
  index_n_heads: 64,
  index_topk: 2048,
  quantization_config: { ...FP8, scale_fmt: "ue8m0" },
};

export const DEEPSEEK_CONFIGS: Readonly<Record<string, ShippedConfig>> = {
  "deepseek-v2-lite": { repository: "deepseek-ai/DeepSeek-V2-Lite", config: V2_LITE },
  "deepseek-v2": { repository: "deepseek-ai/DeepSeek-V2", config: V2 },
  "deepseek-v3": { repository: "deepseek-ai/DeepSeek-V3", config: V3 },
  "deepseek-r1": { repository: "deepseek-ai/DeepSeek-R1", config: V3 },
  "deepseek-v3.2": { repository: "deepseek-ai/DeepSeek-V3.2", config: V3_2 },
};
