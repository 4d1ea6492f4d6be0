import { ConfigError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import { mscales } from "./ggufDeepseek.ts";
import type { GgufMetadata } from "./ggufMetadata.ts";

/**
 * `rope_scaling` of config.json, null where frequencies are plain. What is not said is as in llama.cpp: a factor without a
 * type is linear, a factor of 0 is 1, YaRN's original context is the whole one.
 * @param factors `rope_freqs.weight`: by what each frequency is divided; null where the file has none
 * @throws ConfigError ERR_CONFIG
 */
export function ggufRopeScaling(
  metadata: GgufMetadata,
  factors: Float32Array | null,
): JsonObject | null {
  const type = metadata.string(".rope.scaling.type", "linear");
  const oldKey = metadata.number(".rope.scale_linear", 0);
  const factor = metadata.number(".rope.scaling.factor", oldKey) || 1;
  if (type !== "none" && type !== "linear" && type !== "yarn")
    metadata.fail(".rope.scaling.type", '"none", "linear" or "yarn"', SAFETENSORS);
  if (type !== "yarn") {
    const magnitude = metadata.number(".rope.scaling.attn_factor", 1);
    if (magnitude !== 1) metadata.fail(".rope.scaling.attn_factor", "1 without YaRN", SAFETENSORS);
  }
  const scales = type !== "none" && factor !== 1;
  if (factors !== null) {
    if (scales) metadata.fail(".rope.scaling.factor", "1 beside rope_freqs.weight", SAFETENSORS);
    return llama3Scaling(metadata, factors);
  }
  if (type === "yarn") return yarn(metadata, factor);
  return scales ? { rope_type: "linear", factor } : null;
}

const SAFETENSORS = "Use the safetensors checkpoint of this model.";

/** arXiv:2309.00071 */
function yarn(metadata: GgufMetadata, factor: number): JsonObject {
  const extrapolation = metadata.number(".rope.scaling.yarn_ext_factor", 1);
  if (extrapolation >= 0 && extrapolation !== 1)
    metadata.fail(".rope.scaling.yarn_ext_factor", "1", SAFETENSORS);
  const isDeepseek = metadata.architecture === "deepseek2";
  if (!isDeepseek && metadata.number(".rope.scaling.yarn_log_multiplier", 0) !== 0)
    metadata.fail(".rope.scaling.yarn_log_multiplier", "0", SAFETENSORS);
  return {
    rope_type: "yarn",
    factor,
    original_max_position_embeddings: metadata.number(
      ".rope.scaling.original_context_length",
      metadata.number(".context_length"),
    ),
    ...given(metadata, "beta_fast"),
    ...given(metadata, "beta_slow"),
    ...(metadata.architecture === "gpt-oss" && { truncate: false }),
    ...(isDeepseek && mscales(metadata)),
    ...attentionFactor(metadata, factor),
  };
}

function given(metadata: GgufMetadata, name: "beta_fast" | "beta_slow"): JsonObject {
  const value = metadata.optionalNumber(`.rope.scaling.yarn_${name}`);
  return value === null ? {} : { [name]: value };
}

/** What multiplies cos and sin, where the file says other than the factor does. */
function attentionFactor(metadata: GgufMetadata, factor: number): JsonObject {
  const own = metadata.number(".rope.scaling.yarn_attn_factor", -1);
  const more = metadata.number(".rope.scaling.attn_factor", 1);
  if (own < 0 && more === 1) return {};
  const { mscale } = metadata.architecture === "deepseek2" ? mscales(metadata) : { mscale: 0 };
  const usual = factor <= 1 || mscale !== 0 ? 1 : 0.1 * Math.log(factor) + 1;
  return { attention_factor: (own < 0 ? usual : own) * more };
}

/** Llama 3.1 to 3.3 all have these; the file keeps only the factors that follow from them. */
const LLAMA3 = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };

/** @throws ConfigError where the factors are those of no Llama 3 */
function llama3Scaling(metadata: GgufMetadata, factors: Float32Array): JsonObject | null {
  const factor = factors.reduce((a, b) => Math.max(a, b), 1);
  if (factor === 1) return null;
  const base = metadata.number(".rope.freq_base", 10_000);
  const {
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: context,
  } = LLAMA3;
  for (const [i, given] of factors.entries()) {
    const wavelength = 2 * Math.PI * base ** (i / factors.length);
    const turns = context / wavelength;
    const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    const expected = 1 / ((1 - smooth) / factor + smooth);
    if (Math.abs(given - expected) > 1e-3 * expected)
      throw new ConfigError(
        "ERR_CONFIG",
        `GGUF: expected rope_freqs.weight to be Llama 3's factors, ${expected} as number ${i}, got ${given}. Use the safetensors checkpoint of this model.`,
      );
  }
  return { rope_type: "llama3", factor, ...LLAMA3 };
}
