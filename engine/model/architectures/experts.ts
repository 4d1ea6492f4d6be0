import type { ConfigReader } from "../configReader.ts";
import type { MoeSpec } from "../spec.ts";
import { MAX_EXPERTS } from "./common.ts";

/** Experts without groups, shared experts or biases, behind a softmax router: what most mixtures outside DeepSeek's are. */
export function softmaxExperts(
  config: ConfigReader,
  fields: { readonly count: string; readonly width: string; readonly normalize: boolean },
): MoeSpec {
  const nExperts = config.count(fields.count, undefined, 1, MAX_EXPERTS);
  return {
    kind: "moe",
    nExperts,
    nExpertsPerToken: config.count("num_experts_per_tok", undefined, 1, nExperts),
    dExpert: config.count(fields.width),
    dShared: 0,
    activation: { kind: "silu" },
    bias: false,
    scoring: "softmax",
    selectionBias: false,
    nGroups: 1,
    nGroupsKept: 1,
    groupScore: "max",
    normalizeWeights: fields.normalize,
    scale: 1,
  };
}
