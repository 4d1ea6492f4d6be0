import { ConfigError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import { checkGgufFields } from "./checkGgufFields.ts";
import { ggufDeepseek } from "./ggufDeepseek.ts";
import { ggufGlm } from "./ggufGlm.ts";
import type { GgufMetadata } from "./ggufMetadata.ts";
import { ggufRopeScaling } from "./ggufRopeScaling.ts";

/**
 * llama.cpp's architectures that this engine reads, and what config.json calls them. Mixtral is a `llama` with experts, a
 * `deepseek2` whose gate is a sigmoid is DeepSeek-V3, and so are Kimi K2 and GLM-4.7-Flash, with other sizes.
 */
const MODEL_TYPES: Readonly<Record<string, string>> = {
  llama: "llama",
  qwen2: "qwen2",
  qwen3: "qwen3",
  qwen3moe: "qwen3_moe",
  olmoe: "olmoe",
  gpt2: "gpt2",
  "gpt-oss": "gpt_oss",
  deepseek2: "deepseek_v2",
  glm4moe: "glm4_moe",
};
/** llama.cpp's number of a gate that scores experts by a sigmoid. */
const SIGMOID = 2;

/** The `model_type` of a file. @throws ConfigError ERR_ARCHITECTURE */
export function ggufModelType(metadata: GgufMetadata): string {
  const { architecture } = metadata;
  const modelType = Object.hasOwn(MODEL_TYPES, architecture)
    ? MODEL_TYPES[architecture]
    : undefined;
  if (modelType === undefined)
    throw new ConfigError(
      "ERR_ARCHITECTURE",
      `GGUF: expected general.architecture to be one of ${Object.keys(MODEL_TYPES).join(", ")}, got ${JSON.stringify(architecture)}. Use the safetensors checkpoint of this model.`,
    );
  if (modelType === "llama" && metadata.number(".expert_count", 0) > 0) return "mixtral";
  if (modelType === "deepseek_v2" && metadata.number(".expert_gating_func", 1) === SIGMOID)
    return "deepseek_v3";
  return modelType;
}

/**
 * The config.json that the metadata stand for, as transformers spells it.
 * @param has is there a tensor of this name?
 * @param ropeFactors `rope_freqs.weight`: by what each frequency is divided; null where the file has none
 * @throws ConfigError ERR_ARCHITECTURE, ERR_CONFIG
 */
export function ggufConfig(
  metadata: GgufMetadata,
  has: (tensor: string) => boolean,
  nVocab: number,
  ropeFactors: Float32Array | null,
): JsonObject {
  checkGgufFields(metadata);
  const modelType = ggufModelType(metadata);
  const shared = {
    model_type: modelType,
    vocab_size: nVocab,
    tie_word_embeddings: !has("output.weight"),
    dtype: "gguf",
    ...ids(metadata),
  };
  if (modelType === "gpt2") return { ...shared, ...gpt2(metadata) };
  const nHeads = metadata.number(".attention.head_count");
  const drafting = metadata.number(".nextn_predict_layers", 0);
  const decoder = {
    ...shared,
    hidden_act: "silu",
    num_hidden_layers: metadata.number(".block_count") - drafting,
    num_nextn_predict_layers: drafting,
    hidden_size: metadata.number(".embedding_length"),
    intermediate_size: metadata.number(".feed_forward_length"),
    num_attention_heads: nHeads,
    rms_norm_eps: metadata.number(".attention.layer_norm_rms_epsilon"),
    max_position_embeddings: metadata.number(".context_length"),
    rope_theta: metadata.number(".rope.freq_base", 10_000),
    rope_scaling: ggufRopeScaling(metadata, ropeFactors) ?? { rope_type: "default" },
  };
  if (modelType.startsWith("deepseek")) return { ...decoder, ...ggufDeepseek(metadata) };
  if (modelType === "glm4_moe") return { ...decoder, ...ggufGlm(metadata, has) };
  return {
    ...decoder,
    ...experts(modelType, metadata),
    num_key_value_heads: metadata.number(".attention.head_count_kv", nHeads),
    head_dim: headDim(metadata, nHeads),
    ...(modelType === "gpt_oss" && gptOss(metadata)),
    ...(modelType === "olmoe" && { clip_qkv: metadata.optionalNumber(".attention.clamp_kqv") }),
  };
}

/** @throws ConfigError where a head is rotated in part, or its values are of another size */
function headDim(metadata: GgufMetadata, nHeads: number): number {
  const dHead = metadata.number(
    ".attention.key_length",
    metadata.number(".embedding_length") / nHeads,
  );
  for (const key of [".rope.dimension_count", ".attention.value_length"])
    if (metadata.number(key, dHead) !== dHead) metadata.fail(key, `the size of a head, ${dHead}`);
  return dHead;
}

function gpt2(metadata: GgufMetadata): JsonObject {
  return {
    activation_function: "gelu_new",
    n_embd: metadata.number(".embedding_length"),
    n_head: metadata.number(".attention.head_count"),
    n_layer: metadata.number(".block_count"),
    n_inner: metadata.number(".feed_forward_length"),
    n_positions: metadata.number(".context_length"),
    layer_norm_epsilon: metadata.number(".attention.layer_norm_epsilon"),
  };
}

/** Experts lie in the file as in checkpoints of MXFP4, (E, out, in), whatever their type is. */
function gptOss(metadata: GgufMetadata): JsonObject {
  return {
    attention_bias: true,
    sliding_window: metadata.number(".attention.sliding_window"),
    quantization_config: { quant_method: "mxfp4" },
  };
}

function experts(modelType: string, metadata: GgufMetadata): JsonObject {
  const count = metadata.number(".expert_count", 0);
  if (modelType === "llama" || modelType === "qwen2" || modelType === "qwen3") {
    if (count > 0) metadata.fail(".expert_count", "0 or absent");
    return {};
  }
  const width = metadata.number(
    ".expert_feed_forward_length",
    metadata.number(".feed_forward_length"),
  );
  return {
    [modelType === "mixtral" || modelType === "gpt_oss" ? "num_local_experts" : "num_experts"]:
      count,
    num_experts_per_tok: metadata.number(".expert_used_count"),
    [modelType === "qwen3_moe" ? "moe_intermediate_size" : "intermediate_size"]: width,
    norm_topk_prob: modelType === "qwen3_moe",
  };
}

function ids(metadata: GgufMetadata): JsonObject {
  const entries = ["bos", "eos"].map(
    (which) =>
      [`${which}_token_id`, metadata.optionalNumber(`tokenizer.ggml.${which}_token_id`)] as const,
  );
  return Object.fromEntries(entries.filter(([, id]) => id !== null));
}
