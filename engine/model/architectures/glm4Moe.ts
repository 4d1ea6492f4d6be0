import { layerOf } from "../layerOf.ts";
import type { Architecture } from "./architecture.ts";
import { DEEPSEEK_EXPERT_NAMES, expertLayers, sparseLayers } from "./deepseek.ts";
import { unbiasedGate } from "./deepseekV3.ts";
import { denseLayers, gqaDecoder } from "./llama.ts";
import { GQA_NAMES, STREAM_NAMES } from "./names.ts";

/** GLM-4.5, 4.6 and 4.7: DeepSeek-V3's experts behind grouped-query attention whose heads rotate in part. arXiv:2508.06471 */
export const glm4Moe: Architecture = {
  spec(config) {
    config.require("moe_layer_freq", [1], "All layers after the first are sparse.");
    const traits = {
      qkvBias: config.boolean("attention_bias"),
      queryKeyNorm: config.boolean("use_qk_norm") ? ("head" as const) : null,
    };
    const dense = gqaDecoder(config, traits, denseLayers(config), { isPartial: true });
    const attention = layerOf(dense, 0).attention;
    const isSparse = sparseLayers(config);
    const gate = unbiasedGate(config);
    return { ...dense, ...expertLayers(config, dense.nLayers, gate, { attention, isSparse }) };
  },
  names: new Map([...STREAM_NAMES, ...GQA_NAMES, ...DEEPSEEK_EXPERT_NAMES]),
  defaults: {
    vocab_size: 151552,
    hidden_size: 4096,
    intermediate_size: 10944,
    num_hidden_layers: 46,
    num_attention_heads: 96,
    num_key_value_heads: 8,
    hidden_act: "silu",
    max_position_embeddings: 131072,
    rope_theta: 10_000,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
    partial_rotary_factor: 0.5,
    attention_bias: false,
    moe_intermediate_size: 1408,
    num_experts_per_tok: 8,
    n_shared_experts: 1,
    n_routed_experts: 128,
    routed_scaling_factor: 1,
    n_group: 1,
    topk_group: 1,
    first_k_dense_replace: 1,
    norm_topk_prob: true,
    use_qk_norm: false,
    num_nextn_predict_layers: 1,
  },
  aliases: { num_local_experts: "n_routed_experts", num_mtp_layers: "num_nextn_predict_layers" },
};
