import type { ConfigReader } from "../configReader.ts";
import type { Architecture } from "./architecture.ts";
import { DEEPSEEK_NAMES, deepseekDecoder, expertGroups, type Gate } from "./deepseek.ts";

/** DeepSeek-V3, R1 and V3.1: MLA, DeepSeekMoE with an auxiliary-loss-free gate. arXiv:2412.19437 */
export const deepseekV3: Architecture = {
  spec: (config) => deepseekDecoder(config, unbiasedGate(config)),
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
    normalizeWeights: config.boolean("norm_topk_prob", true),
    ...expertGroups(config),
  };
}
