import type { ConfigReader } from "../configReader.ts";
import type { Architecture } from "./architecture.ts";
import { MAX_LAYERS, windowsOf } from "./common.ts";
import { denseLayers, gqaDecoder, llama } from "./llama.ts";

/** Qwen2 and 2.5 and their distillations: Llama's layer with biases on queries, keys and values. arXiv:2407.10671 */
export const qwen2: Architecture = {
  spec: (config) =>
    gqaDecoder(config, { qkvBias: true }, denseLayers(config), { windows: qwenWindows(config) }),
  defaults: {
    vocab_size: 151_936,
    hidden_size: 4096,
    intermediate_size: 22_016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    hidden_act: "silu",
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    use_sliding_window: false,
    sliding_window: 4096,
    max_window_layers: 28,
    tie_word_embeddings: false,
  },
  aliases: {},
  names: llama.names,
};

/** As `layer_types` says, or else the layers from `max_window_layers` on slide; none does unless `use_sliding_window`. */
export function qwenWindows(config: ConfigReader): (number | null)[] {
  const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
  const window = qwenWindow(config);
  const listed = listedWindows(config, nLayers);
  if (listed !== null) return listed;
  const firstSliding = config.count("max_window_layers", undefined, 0);
  return Array.from({ length: nLayers }, (_, i) => (i < firstSliding ? null : window));
}

/** Windows as `layer_types` says; null where it is not given. */
export function listedWindows(config: ConfigReader, nLayers: number): (number | null)[] | null {
  const listed = config.raw("layer_types");
  if (!Array.isArray(listed)) return null;
  if (qwenWindow(config) === null && listed.includes("sliding_attention"))
    config.fail(
      "layer_types",
      "full_attention everywhere without use_sliding_window",
      "Set use_sliding_window and sliding_window, or leave layer_types out.",
    );
  return windowsOf(config, listed, nLayers);
}

/** `sliding_window`, which counts only with `use_sliding_window`. */
export function qwenWindow(config: ConfigReader): number | null {
  const slides = config.boolean("use_sliding_window") && config.has("sliding_window");
  return slides ? config.count("sliding_window") : null;
}
