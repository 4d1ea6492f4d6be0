import type { ConfigReader } from "../configReader.ts";
import { resolveRope } from "../rope.ts";
import type { FeedForwardSpec, IndexerSpec, ModelSpec, MoeSpec, RopeSpec } from "../spec.ts";
import { commonFields, MAX_EXPERTS, MAX_HEAD_DIM } from "./common.ts";
import {
  DENSE_NAMES,
  expertNames,
  MLA_NAMES,
  MTP_NAMES,
  type NameEntries,
  STREAM_NAMES,
} from "./names.ts";

/** The reference implementations fix this epsilon whatever rms_norm_eps says. */
const LATENT_NORM_EPS = 1e-6;

/** Where the generations of DeepSeek's gate differ. */
export type Gate = Pick<
  MoeSpec,
  "scoring" | "selectionBias" | "groupScore" | "normalizeWeights" | "nGroups" | "nGroupsKept"
>;

/** What V2, V3 and V3.2 share: MLA with YaRN, and routed experts after the first layers. */
export function deepseekDecoder(
  config: ConfigReader,
  gate: Gate,
  indexer: IndexerSpec | null = null,
): ModelSpec {
  for (const field of ["attention_bias", "mlp_bias"])
    config.require(field, [false], "Biases are not supported for DeepSeek.");
  const common = commonFields(config);
  const dNope = config.count("qk_nope_head_dim");
  const dRope = config.count("qk_rope_head_dim", undefined, 1, MAX_HEAD_DIM);
  if (dRope % 2 !== 0) config.fail("qk_rope_head_dim", "even");
  const { rope, softmaxMscale, contextLength } = resolveRope(config, {
    layout: ropeLayout(config),
    dim: dRope,
    contextLength: common.contextLength,
  });
  const feedForward = feedForwardLayers(config, common.nLayers + 1, gate);
  const further = feedForward.pop();
  const hasMtp = config.count("num_nextn_predict_layers", 0, 0) > 0 && further !== undefined;
  return {
    ...common,
    contextLength,
    mtp: hasMtp ? { feedForward: further, ownEmbedding: false, ownHead: false } : null,
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
      indexer,
    },
    rope,
    layers: feedForward,
  };
}

/** `rope_interleave`; classes that do not know it always interleave. */
function ropeLayout(config: ConfigReader): RopeSpec["layout"] {
  if (config.defaultOf("rope_interleave") === null) return "interleaved";
  return config.boolean("rope_interleave", false) ? "interleaved" : "half";
}

/** `n_group` and `topk_group`. */
export function expertGroups(config: ConfigReader): Pick<Gate, "nGroups" | "nGroupsKept"> {
  const nGroups = config.count("n_group");
  const nGroupsKept = config.count("topk_group");
  if (nGroupsKept > nGroups) config.fail("topk_group", `at most n_group (${nGroups})`);
  return { nGroups, nGroupsKept };
}

function feedForwardLayers(config: ConfigReader, nLayers: number, gate: Gate): FeedForwardSpec[] {
  const firstMoe = config.count("first_k_dense_replace", undefined, 0);
  const every = config.count("moe_layer_freq", 1);
  const dense: FeedForwardSpec = {
    kind: "dense",
    dMlp: config.count("intermediate_size"),
    activation: "swiGlu",
    bias: false,
  };
  const moe = moeLayer(config, gate);
  return Array.from({ length: nLayers }, (_, i) =>
    i >= firstMoe && i % every === 0 ? moe : dense,
  );
}

function moeLayer(config: ConfigReader, gate: Gate): MoeSpec {
  const nExperts = config.count("n_routed_experts", undefined, 1, MAX_EXPERTS);
  const nExpertsPerToken = config.count("num_experts_per_tok");
  const dExpert = config.count("moe_intermediate_size");
  if (nExperts % gate.nGroups !== 0) config.fail("n_group", `a divisor of ${nExperts} experts`);
  if (nExpertsPerToken > (nExperts / gate.nGroups) * gate.nGroupsKept)
    config.fail("num_experts_per_tok", "at most the experts of the kept groups");
  return {
    kind: "moe",
    nExperts,
    nExpertsPerToken,
    dExpert,
    dShared: config.count("n_shared_experts", 0, 0) * dExpert,
    activation: { kind: "silu" },
    bias: false,
    ...gate,
    scale: config.number("routed_scaling_factor"),
  };
}

const SHARED_NAMES: NameEntries = ["gate", "up", "down"].map((which) => [
  `blocks.{i}.mlp.shared.${which}`,
  { template: `model.layers.{i}.mlp.shared_experts.${which}_proj.weight` },
]);

export const DEEPSEEK_NAMES: NameEntries = [
  ...STREAM_NAMES,
  ...MLA_NAMES,
  ...MTP_NAMES,
  ...DENSE_NAMES,
  ...expertNames("mlp"),
  ...SHARED_NAMES,
  ["blocks.{i}.mlp.router.bias", { template: "model.layers.{i}.mlp.gate.e_score_correction_bias" }],
];
