import type { ConfigReader } from "../configReader.ts";
import type { Architecture } from "./architecture.ts";
import { DEEPSEEK_NAMES, deepseekDecoder, expertGroups, type Gate } from "./deepseek.ts";

/** DeepSeek-V2 and V2-Lite: MLA, softmax gate with optional groups. arXiv:2405.04434 */
export const deepseekV2: Architecture = {
  spec: (config) => deepseekDecoder(config, softmaxGate(config)),
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
  const grouped = config.string("topk_method", "greedy") === "group_limited_greedy";
  return {
    scoring: "softmax",
    selectionBias: false,
    groupScore: "max",
    normalizeWeights: false,
    ...(grouped ? expertGroups(config) : { nGroups: 1, nGroupsKept: 1 }),
  };
}
