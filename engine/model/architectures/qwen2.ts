import type { ConfigReader } from "../configReader.ts";
import type { Architecture } from "./architecture.ts";
import { MAX_LAYERS, windowsOf } from "./common.ts";
import { denseLayers, gqaDecoder, llama } from "./llama.ts";

/** Qwen2 and 2.5 and their distillations: Llama's layer with biases on queries, keys and values. arXiv:2407.10671 */
export const qwen2: Architecture = {
  spec: (config) =>
    gqaDecoder(config, { qkvBias: true, windows: qwenWindows(config) }, denseLayers(config)),
  names: llama.names,
};

/** Off unless `use_sliding_window`; then in the layers from `max_window_layers` on, or as `layer_types` says. */
export function qwenWindows(config: ConfigReader): (number | null)[] {
  const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
  const everywhere = (type: string) => Array.from({ length: nLayers }, () => type);
  if (!config.boolean("use_sliding_window", false) || !config.has("sliding_window"))
    return windowsOf(config, everywhere("full_attention"), nLayers);
  const listed = config.raw("layer_types");
  if (Array.isArray(listed)) return windowsOf(config, listed, nLayers);
  const firstSliding = config.count("max_window_layers", nLayers, 0);
  return everywhere("sliding_attention").map((type, i) =>
    i < firstSliding ? null : (windowsOf(config, [type], 1)[0] ?? null),
  );
}
