import type { ConfigReader } from "../configReader.ts";

/** Far above any model's; lists are made with one entry for each. */
export const MAX_LAYERS = 10_000;
export const MAX_HEAD_DIM = 65_536;
export const MAX_EXPERTS = 65_536;

/** The fields that every decoder config spells the same way. */
export function commonFields(config: ConfigReader) {
  config.require("hidden_act", ["silu"], "Only SwiGLU feed-forward layers are supported.");
  return {
    architecture: config.string("model_type"),
    nLayers: config.count("num_hidden_layers", undefined, 1, MAX_LAYERS),
    dModel: config.count("hidden_size"),
    nVocab: config.count("vocab_size"),
    contextLength: config.count("max_position_embeddings"),
    normEps: config.number("rms_norm_eps", 1e-6),
    tiedEmbeddings: config.boolean("tie_word_embeddings", false),
    dtype: config.string(config.has("dtype") ? "dtype" : "torch_dtype", "float32"),
  };
}
