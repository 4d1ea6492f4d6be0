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
      normalize: config.boolean("norm_topk_prob", false),
    });
    const traits = { ...attentionBiases(config), queryKeyNorm: "whole" as const, clip };
    return gqaDecoder(config, traits, () => moe);
  },
  names: new Map([...STREAM_NAMES, ...GQA_NAMES, ...expertNames("mlp")]),
};
