import type { Architecture } from "./architecture.ts";
import { softmaxExperts } from "./experts.ts";
import { attentionBiases, gqaDecoder } from "./llama.ts";
import { expertNames, GQA_NAMES, STREAM_NAMES } from "./names.ts";

/** OLMoE: queries and keys normalised over all heads together, experts whose weights keep their sum. arXiv:2409.02060 */
export const olmoe: Architecture = {
  spec(config) {
    const clip = config.has("clip_qkv") ? config.number("clip_qkv") : null;
    if (clip !== null && clip <= 0) config.fail("clip_qkv", "above 0 or null");
    const moe = softmaxExperts(config, {
      count: "num_experts",
      width: "intermediate_size",
      normalize: config.boolean("norm_topk_prob"),
    });
    const traits = { ...attentionBiases(config), queryKeyNorm: "whole" as const, clip };
    return gqaDecoder(config, traits, () => moe);
  },
  defaults: {
    vocab_size: 50_304,
    hidden_size: 2048,
    intermediate_size: 2048,
    num_hidden_layers: 16,
    num_attention_heads: 16,
    hidden_act: "silu",
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    attention_bias: false,
    num_experts: 64,
    num_experts_per_tok: 8,
    norm_topk_prob: false,
    tie_word_embeddings: false,
  },
  aliases: { num_local_experts: "num_experts" },
  names: new Map([...STREAM_NAMES, ...GQA_NAMES, ...expertNames("mlp")]),
};
