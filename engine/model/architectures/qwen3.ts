import type { ConfigReader } from "../configReader.ts";
import type { FeedForwardSpec, GqaSpec } from "../spec.ts";
import type { Architecture } from "./architecture.ts";
import { MAX_LAYERS } from "./common.ts";
import { softmaxExperts } from "./experts.ts";
import { attentionBiases, denseLayers, gqaDecoder, llama } from "./llama.ts";
import { expertNames } from "./names.ts";
import { qwen2, qwenWindow, qwenWindows } from "./qwen2.ts";

/** Qwen3: every head's query and key normalised before RoPE. arXiv:2505.09388 */
export const qwen3: Architecture = {
  spec: (config) =>
    gqaDecoder(config, qwen3Traits(config), denseLayers(config), { windows: qwenWindows(config) }),
  defaults: { ...qwen2.defaults, head_dim: 128, attention_bias: false },
  aliases: {},
  names: llama.names,
};

/**
 * Qwen3's mixtures of experts: a softmax router over all experts in every `decoder_sparse_step`-th layer. Where attention
 * slides it does so in every layer.
 */
export const qwen3Moe: Architecture = {
  spec(config) {
    const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
    const windows = Array.from({ length: nLayers }, () => qwenWindow(config));
    return gqaDecoder(config, qwen3Traits(config), sparseLayers(config), { windows });
  },
  defaults: {
    vocab_size: 151_936,
    hidden_size: 2048,
    intermediate_size: 6144,
    num_hidden_layers: 24,
    num_attention_heads: 32,
    num_key_value_heads: 4,
    hidden_act: "silu",
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    attention_bias: false,
    use_sliding_window: false,
    sliding_window: 4096,
    decoder_sparse_step: 1,
    moe_intermediate_size: 768,
    num_experts: 128,
    num_experts_per_tok: 8,
    norm_topk_prob: false,
    tie_word_embeddings: false,
  },
  aliases: { num_local_experts: "num_experts" },
  names: new Map([...llama.names, ...expertNames("mlp")]),
};

function qwen3Traits(config: ConfigReader): Partial<GqaSpec> {
  return { ...attentionBiases(config), queryKeyNorm: "head" };
}

function sparseLayers(config: ConfigReader): (layer: number) => FeedForwardSpec {
  const listed = config.raw("mlp_only_layers") ?? [];
  if (!Array.isArray(listed)) config.fail("mlp_only_layers", "a list of layers");
  const everyStep = config.count("decoder_sparse_step");
  const dense = denseLayers(config)();
  const moe = softmaxExperts(config, {
    count: "num_experts",
    width: "moe_intermediate_size",
    normalize: config.boolean("norm_topk_prob"),
  });
  return (layer) => (!listed.includes(layer) && (layer + 1) % everyStep === 0 ? moe : dense);
}
