import type { ConfigReader } from "../configReader.ts";
import { resolveRope } from "../rope.ts";
import type {
  AttentionSpec,
  FeedForwardSpec,
  IndexerSpec,
  LayerSpec,
  ModelSpec,
  MoeSpec,
  RopeSpec,
} from "../spec.ts";
import { commonFields, MAX_EXPERTS, MAX_HEAD_DIM, MAX_LAYERS, PLAIN_RESIDUAL } from "./common.ts";
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

interface DeepseekTraits {
  readonly indexer?: IndexerSpec;
  /** Layers with routed experts; absent: as `first_k_dense_replace` and `moe_layer_freq` say. */
  readonly isSparse?: (layer: number) => boolean;
}

/** What V2, V3 and V3.2 share: MLA with YaRN, and routed experts after the first layers. */
export function deepseekDecoder(
  config: ConfigReader,
  gate: Gate,
  { indexer, isSparse = sparseLayers(config) }: DeepseekTraits = {},
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
  const attention: AttentionSpec = {
    kind: "mla",
    nHeads: config.count("num_attention_heads"),
    qLoraRank: config.has("q_lora_rank") ? config.count("q_lora_rank") : null,
    kvLoraRank: config.count("kv_lora_rank"),
    dNope,
    dRope,
    dValue: config.count("v_head_dim"),
    latentNormEps: LATENT_NORM_EPS,
    scale: (dNope + dRope) ** -0.5 * softmaxMscale ** 2,
    indexer: indexer ?? null,
  };
  const layers = expertLayers(config, common.nLayers, gate, { attention, isSparse });
  return { ...common, contextLength, ropes: [rope], ...layers };
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

/** `first_k_dense_replace` and `moe_layer_freq`. */
export function sparseLayers(config: ConfigReader): (layer: number) => boolean {
  const firstMoe = config.count("first_k_dense_replace", undefined, 0);
  const every = config.count("moe_layer_freq", 1);
  return (layer) => layer >= firstMoe && layer % every === 0;
}

/**
 * `mlp_layer_types`, or all but the first layer; the draft module is sparse. Published configs have `first_k_dense_replace`
 * too, which does not count beside the list: where it says something else, it is refused.
 */
export function listedLayers(config: ConfigReader): (layer: number) => boolean {
  const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
  const types =
    config.raw("mlp_layer_types") ??
    Array.from({ length: nLayers }, (_, i) => (i === 0 ? "dense" : "sparse"));
  const isKnown = (type: unknown) => type === "dense" || type === "sparse";
  if (!Array.isArray(types) || types.length !== nLayers || !types.every(isKnown))
    return config.fail("mlp_layer_types", `"dense" or "sparse" for each of ${nLayers} layers`);
  const firstSparse = types.includes("sparse") ? types.indexOf("sparse") : nLayers;
  config.require(
    "first_k_dense_replace",
    [firstSparse],
    "Layers are sparse as mlp_layer_types says.",
  );
  config.require("moe_layer_freq", [1], "Layers are sparse as mlp_layer_types says.");
  return (layer) => types[layer] !== "dense";
}

interface ExpertLayers {
  /** Of every layer, which all turn alike. */
  readonly attention: AttentionSpec;
  readonly isSparse: (layer: number) => boolean;
}

/** Dense and sparse layers, and the draft module's, which is the one after the last. */
export function expertLayers(
  config: ConfigReader,
  nLayers: number,
  gate: Gate,
  { attention, isSparse }: ExpertLayers,
): Pick<ModelSpec, "layers" | "mtp"> {
  const dense: FeedForwardSpec = {
    kind: "dense",
    dMlp: config.count("intermediate_size"),
    activation: "swiGlu",
    bias: false,
  };
  const moe = moeLayer(config, gate);
  const layerAt = (layer: number): LayerSpec => ({
    attention,
    rope: 0,
    feedForward: isSparse(layer) ? moe : dense,
    residual: PLAIN_RESIDUAL,
  });
  const drafts = config.count("num_nextn_predict_layers", 0, 0) > 0;
  return {
    layers: Array.from({ length: nLayers }, (_, i) => layerAt(i)),
    mtp: drafts ? { layer: layerAt(nLayers), ownEmbedding: false, ownHead: false } : null,
  };
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

/** Feed-forward layers and the draft module, as DeepSeek and those that took its experts over name them. */
export const DEEPSEEK_EXPERT_NAMES: NameEntries = [
  ...MTP_NAMES,
  ...DENSE_NAMES,
  ...expertNames("mlp"),
  ...SHARED_NAMES,
  ["blocks.{i}.mlp.router.bias", { template: "model.layers.{i}.mlp.gate.e_score_correction_bias" }],
];

export const DEEPSEEK_NAMES: NameEntries = [
  ...STREAM_NAMES,
  ...MLA_NAMES,
  ...DEEPSEEK_EXPERT_NAMES,
];
