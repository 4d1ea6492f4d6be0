import type { ConfigReader } from "../configReader.ts";
import type { ModelSpec } from "../spec.ts";
import { MAX_LAYERS } from "./common.ts";
import { denseDecoder } from "./llama.ts";

/** Qwen2 and 2.5 and their distillations: Llama's layer with biases on queries, keys and values. arXiv:2407.10671 */
export function qwen2(config: ConfigReader): ModelSpec {
  return denseDecoder(config, { qkvBias: true, window: slidingWindow(config) });
}

function slidingWindow(config: ConfigReader): number | null {
  if (!config.boolean("use_sliding_window", false) || !config.has("sliding_window")) return null;
  const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
  const firstSliding = config.count("max_window_layers", nLayers, 0);
  const listed = config.raw("layer_types");
  const types: unknown[] = Array.isArray(listed)
    ? listed
    : Array.from({ length: nLayers }, (_, i) =>
        i < firstSliding ? "full_attention" : "sliding_attention",
      );
  if (types.every((type) => type === "full_attention")) return null;
  if (types.every((type) => type === "sliding_attention")) return config.count("sliding_window");
  return config.fail(
    Array.isArray(listed) ? "layer_types" : "max_window_layers",
    "the same for all layers",
    "Layers with and without a sliding window in one model are not supported.",
  );
}
