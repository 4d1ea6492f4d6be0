import type { ConfigReader } from "../configReader.ts";
import type { Architecture } from "./architecture.ts";
import { MAX_LAYERS } from "./common.ts";
import { attentionBiases, denseLayers, gqaDecoder, llama } from "./llama.ts";
import { listedWindows, qwenWindow } from "./qwen2.ts";

/** SmolLM3: Llama's layer, of which every fourth does not rotate and, where windows are asked for, slides instead. */
export const smollm3: Architecture = {
  spec(config) {
    const rotated = rotatedLayers(config);
    const window = qwenWindow(config);
    const bias = config.boolean("mlp_bias");
    return gqaDecoder(config, attentionBiases(config), denseLayers(config, bias), {
      windows:
        listedWindows(config, rotated.length) ??
        rotated.map((isRotated) => (isRotated ? null : window)),
      isRotated: (layer) => rotated[layer] === true,
    });
  },
  names: llama.names,
  defaults: {
    vocab_size: 128_256,
    hidden_size: 2048,
    intermediate_size: 11_008,
    num_hidden_layers: 36,
    num_attention_heads: 16,
    num_key_value_heads: 4,
    hidden_act: "silu",
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    rope_theta: 2_000_000,
    use_sliding_window: false,
    no_rope_layer_interval: 4,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: true,
  },
  aliases: {},
};

/** `no_rope_layers`, where 1 means that the layer rotates, or else all but every `no_rope_layer_interval`-th. */
function rotatedLayers(config: ConfigReader): boolean[] {
  const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
  const listed = config.raw("no_rope_layers");
  if (listed === null) {
    const interval = config.count("no_rope_layer_interval");
    return Array.from({ length: nLayers }, (_, i) => (i + 1) % interval !== 0);
  }
  const isKnown = (entry: unknown) => entry === 0 || entry === 1;
  if (!Array.isArray(listed) || listed.length < nLayers || !listed.every(isKnown))
    return config.fail("no_rope_layers", `0 or 1 for each of ${nLayers} layers`);
  return listed.slice(0, nLayers).map((entry) => entry === 1);
}
