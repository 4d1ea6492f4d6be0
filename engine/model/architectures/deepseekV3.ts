import type { ConfigReader } from "../configReader.ts";
import { resolveRope } from "../rope.ts";
import type { FeedForwardSpec, ModelSpec, MoeSpec } from "../spec.ts";
import { commonFields, MAX_EXPERTS, MAX_HEAD_DIM } from "./common.ts";

/** The reference implementations fix this epsilon whatever rms_norm_eps says. */
const LATENT_NORM_EPS = 1e-6;

/** DeepSeek-V3, R1 and V3.1: MLA, DeepSeekMoE with an auxiliary-loss-free gate. arXiv:2412.19437 */
export function deepseekV3(config: ConfigReader): ModelSpec {
  config.require("attention_bias", [false], "Attention biases are not supported for deepseek_v3.");
  config.require("topk_method", ["noaux_tc"], "Only the gate of DeepSeek-V3 is supported.");
  config.require("scoring_func", ["sigmoid"], "Only the gate of DeepSeek-V3 is supported.");
  const common = commonFields(config);
  const dNope = config.count("qk_nope_head_dim");
  const dRope = config.count("qk_rope_head_dim", undefined, 1, MAX_HEAD_DIM);
  if (dRope % 2 !== 0) config.fail("qk_rope_head_dim", "even");
  const { rope, softmaxMscale } = resolveRope(config, {
    layout: config.boolean("rope_interleave", true) ? "interleaved" : "half",
    dim: dRope,
    contextLength: common.contextLength,
  });
  return {
    ...common,
    attention: {
      kind: "mla",
      nHeads: config.count("num_attention_heads"),
      qLoraRank: config.has("q_lora_rank") ? config.count("q_lora_rank") : null,
      kvLoraRank: config.count("kv_lora_rank"),
      dNope,
      dRope,
      dValue: config.count("v_head_dim"),
      latentNormEps: LATENT_NORM_EPS,
      scale: (dNope + dRope) ** -0.5 * softmaxMscale ** 2,
    },
    rope,
    layers: feedForwardLayers(config, common.nLayers),
  };
}

function feedForwardLayers(config: ConfigReader, nLayers: number): FeedForwardSpec[] {
  const firstMoe = config.count("first_k_dense_replace", 0, 0);
  const every = config.count("moe_layer_freq", 1);
  const dense: FeedForwardSpec = { kind: "dense", dMlp: config.count("intermediate_size") };
  const moe = moeLayer(config);
  return Array.from({ length: nLayers }, (_, i) =>
    i >= firstMoe && i % every === 0 ? moe : dense,
  );
}

function moeLayer(config: ConfigReader): MoeSpec {
  const nExperts = config.count("n_routed_experts", undefined, 1, MAX_EXPERTS);
  const nGroups = config.count("n_group", 1);
  const nGroupsKept = config.count("topk_group", 1);
  const nExpertsPerToken = config.count("num_experts_per_tok");
  const dExpert = config.count("moe_intermediate_size");
  if (nExperts % nGroups !== 0) config.fail("n_group", `a divisor of ${nExperts} experts`);
  if (nGroupsKept > nGroups) config.fail("topk_group", `at most n_group (${nGroups})`);
  if (nExpertsPerToken > (nExperts / nGroups) * nGroupsKept)
    config.fail("num_experts_per_tok", "at most the experts of the kept groups");
  return {
    kind: "moe",
    nExperts,
    nExpertsPerToken,
    dExpert,
    dShared: config.count("n_shared_experts", 0, 0) * dExpert,
    scoring: "sigmoid",
    selectionBias: true,
    nGroups,
    nGroupsKept,
    groupScore: "top2sum",
    normalizeWeights: config.boolean("norm_topk_prob", true),
    scale: config.number("routed_scaling_factor", 1),
  };
}
