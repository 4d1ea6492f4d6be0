import type { ShippedConfig } from "./shippedConfig.ts";

const LLAMA_3_1_8B = {
  model_type: "llama",
  attention_bias: false,
  hidden_act: "silu",
  hidden_size: 4096,
  intermediate_size: 14336,
  max_position_embeddings: 131072,
  mlp_bias: false,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    factor: 8,
    high_freq_factor: 4,
    low_freq_factor: 1,
    original_max_position_embeddings: 8192,
    rope_type: "llama3",
  },
  rope_theta: 500000,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  vocab_size: 128256,
};

const LLAMA_3_1_70B = {
  ...LLAMA_3_1_8B,
  hidden_size: 8192,
  intermediate_size: 28672,
  num_attention_heads: 64,
  num_hidden_layers: 80,
};

const LLAMA_3_1_405B = {
  ...LLAMA_3_1_8B,
  hidden_size: 16384,
  intermediate_size: 53248,
  num_attention_heads: 128,
  num_hidden_layers: 126,
};

const MISTRAL_7B = {
  model_type: "mistral",
  hidden_act: "silu",
  hidden_size: 4096,
  intermediate_size: 14336,
  max_position_embeddings: 32768,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  vocab_size: 32768,
};

const MIXTRAL = {
  model_type: "mixtral",
  hidden_act: "silu",
  hidden_size: 4096,
  intermediate_size: 14336,
  max_position_embeddings: 32768,
  num_attention_heads: 32,
  num_experts_per_tok: 2,
  num_hidden_layers: 32,
  num_key_value_heads: 8,
  num_local_experts: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  vocab_size: 32000,
};

/** Llama and those that are built like it. */
export const LLAMA_CONFIGS: Readonly<Record<string, ShippedConfig>> = {
  "llama-3.1-8b": { repository: "meta-llama/Llama-3.1-8B", config: LLAMA_3_1_8B },
  "llama-3.1-70b": { repository: "meta-llama/Llama-3.1-70B", config: LLAMA_3_1_70B },
  "llama-3.1-405b": { repository: "meta-llama/Llama-3.1-405B", config: LLAMA_3_1_405B },
  "mistral-7b-v0.3": { repository: "mistralai/Mistral-7B-v0.3", config: MISTRAL_7B },
  "mixtral-8x7b": { repository: "mistralai/Mixtral-8x7B-v0.1", config: MIXTRAL },
};
