import type { ConfigReader } from "../configReader.ts";
import type { Architecture } from "./architecture.ts";
import { MAX_LAYERS } from "./common.ts";
import { denseLayers, gqaDecoder, llama } from "./llama.ts";

/** Mistral 7B and its finetunes: Llama's layer without biases, a window over all layers where there is one. arXiv:2310.06825 */
export const mistral: Architecture = {
  spec(config) {
    for (const bias of ["attention_bias", "mlp_bias"])
      config.require(bias, [false], "Mistral has no biases; as llama a model may have them.");
    return gqaDecoder(config, {}, denseLayers(config), { windows: sameWindow(config) });
  },
  names: llama.names,
  defaults: {
    vocab_size: 32000,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    hidden_act: "silu",
    max_position_embeddings: 131072,
    rope_theta: 10_000,
    rms_norm_eps: 1e-6,
    tie_word_embeddings: false,
    sliding_window: 4096,
  },
  aliases: {},
};

/** `sliding_window` in every layer, null for none. */
function sameWindow(config: ConfigReader): (number | null)[] {
  const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
  const window = config.has("sliding_window") ? config.count("sliding_window") : null;
  const type = window === null ? "full_attention" : "sliding_attention";
  const listed = config.raw("layer_types");
  if (listed !== null && !(Array.isArray(listed) && listed.every((each) => each === type)))
    config.fail(
      "layer_types",
      `absent, or "${type}" in every entry, as sliding_window says`,
      "Layers of several kinds are another model_type; correct the file.",
    );
  return Array.from({ length: nLayers }, () => window);
}
