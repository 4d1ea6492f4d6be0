import type { ConfigReader } from "../configReader.ts";
import type { GqaSpec, ResidualSpec } from "../spec.ts";

/** Far above any model's; lists are made with one entry for each. */
export const MAX_LAYERS = 10_000;
export const MAX_HEAD_DIM = 65_536;
export const MAX_EXPERTS = 65_536;

/** The fields that every decoder config but GPT-2's spells the same way. */
export function commonFields(config: ConfigReader) {
  config.require("hidden_act", ["silu", "swish"], "Only SwiGLU feed-forward layers are supported.");
  return {
    architecture: config.string("model_type"),
    nLayers: config.count("num_hidden_layers", undefined, 1, MAX_LAYERS),
    dModel: config.count("hidden_size"),
    nVocab: config.count("vocab_size"),
    contextLength: config.count("max_position_embeddings"),
    norm: "rms" as const,
    normEps: config.number("rms_norm_eps"),
    learnedPositions: false,
    mtp: null,
    tiedEmbeddings: config.boolean("tie_word_embeddings"),
    dtype: declaredDType(config),
  };
}

export function declaredDType(config: ConfigReader): string {
  return config.string(config.has("dtype") ? "dtype" : "torch_dtype", "float32");
}

type GqaTraits = Omit<GqaSpec, "kind" | "nHeads" | "nKvHeads" | "dHead" | "scale">;

/** What most architectures leave out. */
export const PLAIN_TRAITS: GqaTraits = {
  qkvBias: false,
  outBias: false,
  queryKeyNorm: null,
  clip: null,
  sinks: false,
  window: null,
};

/** What every architecture here has: one stream. */
export const PLAIN_RESIDUAL: ResidualSpec = { kind: "plain" };

/** Heads as every config but GPT-2's spells them; head_dim is even, so that it can be rotated. */
export function gqaSpec(config: ConfigReader, dModel: number, traits: GqaTraits): GqaSpec {
  const nHeads = config.count("num_attention_heads");
  const nKvHeads = config.count("num_key_value_heads", nHeads);
  if (!config.has("head_dim") && dModel % nHeads !== 0)
    config.fail("num_attention_heads", `a divisor of hidden_size (${dModel}) without a head_dim`);
  const dHead = config.count("head_dim", dModel / nHeads, 1, MAX_HEAD_DIM);
  if (nHeads % nKvHeads !== 0)
    config.fail("num_key_value_heads", `a divisor of num_attention_heads (${nHeads})`);
  if (dHead % 2 !== 0) config.fail("head_dim", "even");
  return { kind: "gqa", nHeads, nKvHeads, dHead, scale: dHead ** -0.5, ...traits };
}

/** `layer_types` as windows: one entry per layer, "full_attention" or "sliding_attention". */
export function windowsOf(
  config: ConfigReader,
  types: readonly unknown[],
  nLayers: number,
): (number | null)[] {
  if (types.length !== nLayers)
    config.fail("layer_types", `one entry for each of ${nLayers} layers`);
  return types.map((type) => {
    if (type === "full_attention") return null;
    if (type === "sliding_attention") return config.count("sliding_window");
    return config.fail("layer_types", '"full_attention" or "sliding_attention" in every entry');
  });
}
