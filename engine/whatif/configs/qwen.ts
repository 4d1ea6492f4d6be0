import type { ShippedConfig } from "./shippedConfig.ts";

const QWEN2_5 = {
  model_type: "qwen2",
  hidden_act: "silu",
  max_position_embeddings: 32768,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  use_sliding_window: false,
};

const QWEN2_5_0_5B = {
  ...QWEN2_5,
  hidden_size: 896,
  intermediate_size: 4864,
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  tie_word_embeddings: true,
  vocab_size: 151936,
};

const QWEN2_5_1_5B = {
  ...QWEN2_5,
  hidden_size: 1536,
  intermediate_size: 8960,
  num_attention_heads: 12,
  num_hidden_layers: 28,
  num_key_value_heads: 2,
  tie_word_embeddings: true,
  vocab_size: 151936,
};

const QWEN2_5_7B = {
  ...QWEN2_5,
  hidden_size: 3584,
  intermediate_size: 18944,
  num_attention_heads: 28,
  num_hidden_layers: 28,
  num_key_value_heads: 4,
  vocab_size: 152064,
};

const QWEN3_0_6B = {
  model_type: "qwen3",
  attention_bias: false,
  head_dim: 128,
  hidden_act: "silu",
  hidden_size: 1024,
  intermediate_size: 3072,
  max_position_embeddings: 40960,
  max_window_layers: 28,
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  use_sliding_window: false,
  vocab_size: 151936,
};

const QWEN3_8B = {
  ...QWEN3_0_6B,
  hidden_size: 4096,
  intermediate_size: 12288,
  max_window_layers: 36,
  num_attention_heads: 32,
  num_hidden_layers: 36,
  tie_word_embeddings: false,
};

const QWEN3_30B_A3B = {
  model_type: "qwen3_moe",
  attention_bias: false,
  decoder_sparse_step: 1,
  head_dim: 128,
  hidden_act: "silu",
  hidden_size: 2048,
  intermediate_size: 6144,
  max_position_embeddings: 40960,
  max_window_layers: 48,
  mlp_only_layers: [],
  moe_intermediate_size: 768,
  norm_topk_prob: true,
  num_attention_heads: 32,
  num_experts: 128,
  num_experts_per_tok: 8,
  num_hidden_layers: 48,
  num_key_value_heads: 4,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  use_sliding_window: false,
  vocab_size: 151936,
};

const QWEN3_235B_A22B = {
  ...QWEN3_30B_A3B,
  hidden_size: 4096,
  intermediate_size: 12288,
  max_window_layers: 94,
  moe_intermediate_size: 1536,
  num_attention_heads: 64,
  num_hidden_layers: 94,
};

/** What DeepSeek-R1 was distilled into: Qwen2.5-Math, with a longer context, another base of rotation and a head of its own. */
const DISTILLED = {
  max_position_embeddings: 131072,
  rope_theta: 10000,
  tie_word_embeddings: false,
};

export const QWEN_CONFIGS: Readonly<Record<string, ShippedConfig>> = {
  "qwen2.5-0.5b": { repository: "Qwen/Qwen2.5-0.5B", config: QWEN2_5_0_5B },
  "qwen2.5-1.5b-instruct": { repository: "Qwen/Qwen2.5-1.5B-Instruct", config: QWEN2_5_1_5B },
  "qwen2.5-7b-instruct": { repository: "Qwen/Qwen2.5-7B-Instruct", config: QWEN2_5_7B },
  "r1-distill-qwen-1.5b": {
    repository: "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    config: { ...QWEN2_5_1_5B, ...DISTILLED },
  },
  "r1-distill-qwen-7b": {
    repository: "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    config: { ...QWEN2_5_7B, ...DISTILLED },
  },
  "qwen3-0.6b": { repository: "Qwen/Qwen3-0.6B", config: QWEN3_0_6B },
  "qwen3-8b": { repository: "Qwen/Qwen3-8B", config: QWEN3_8B },
  "qwen3-30b-a3b": { repository: "Qwen/Qwen3-30B-A3B", config: QWEN3_30B_A3B },
  "qwen3-235b-a22b": { repository: "Qwen/Qwen3-235B-A22B", config: QWEN3_235B_A22B },
};
