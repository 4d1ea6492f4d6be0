import type { Architecture } from "./architecture.ts";
import { MAX_LAYERS } from "./common.ts";
import { softmaxExperts } from "./experts.ts";
import { gqaDecoder } from "./llama.ts";
import { expertNames, GQA_NAMES, STREAM_NAMES } from "./names.ts";

/** Mixtral: Llama's attention, experts whose weights always sum to 1. arXiv:2401.04088 */
export const mixtral: Architecture = {
  spec(config) {
    const window = config.has("sliding_window") ? config.count("sliding_window") : null;
    const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
    const windows = Array.from({ length: nLayers }, () => window);
    const moe = softmaxExperts(config, {
      count: "num_local_experts",
      width: "intermediate_size",
      normalize: true,
    });
    return gqaDecoder(config, {}, () => moe, { windows });
  },
  defaults: {
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 14_336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    hidden_act: "silu",
    max_position_embeddings: 131_072,
    rms_norm_eps: 1e-5,
    rope_theta: 1_000_000,
    num_local_experts: 8,
    num_experts_per_tok: 2,
    tie_word_embeddings: false,
  },
  aliases: { num_experts: "num_local_experts" },
  names: new Map([
    ...STREAM_NAMES,
    ...GQA_NAMES,
    ...expertNames("block_sparse_moe", ["w1", "w3", "w2"]),
  ]),
};
