import type { ConfigReader } from "../configReader.ts";
import { resolveRope } from "../rope.ts";
import type { FeedForwardSpec, GqaSpec, ModelSpec } from "../spec.ts";
import type { Architecture } from "./architecture.ts";
import { commonFields, gqaSpec, PLAIN_RESIDUAL, PLAIN_TRAITS } from "./common.ts";
import { DENSE_NAMES, GQA_NAMES, STREAM_NAMES } from "./names.ts";

/** Llama 2 and 3 and their distillations: grouped-query attention, biases only where the config asks. arXiv:2407.21783 */
export const llama: Architecture = {
  spec(config) {
    const bias = config.boolean("mlp_bias");
    return gqaDecoder(config, attentionBiases(config), denseLayers(config, bias));
  },
  defaults: {
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 11_008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    hidden_act: "silu",
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    attention_bias: false,
    mlp_bias: false,
    tie_word_embeddings: false,
  },
  aliases: {},
  names: new Map([...STREAM_NAMES, ...GQA_NAMES, ...DENSE_NAMES]),
};

/** `attention_bias` as most architectures mean it: for queries, keys, values and the output projection. */
export function attentionBiases(config: ConfigReader): Pick<GqaSpec, "qkvBias" | "outBias"> {
  const bias = config.boolean("attention_bias");
  return { qkvBias: bias, outBias: bias };
}

interface GqaLayers {
  /** A window for each layer; absent: none has one. */
  readonly windows?: readonly (number | null)[];
  /** Do the layer's heads rotate? Absent: all do. */
  readonly isRotated?: (layer: number) => boolean;
  /** May heads rotate in part? Default false. */
  readonly isPartial?: boolean;
}

/** A pre-norm decoder with rotated grouped-query attention, plain but for `traits` and for what `layers` says of each layer. */
export function gqaDecoder(
  config: ConfigReader,
  traits: Partial<GqaSpec>,
  feedForward: (layer: number) => FeedForwardSpec,
  { windows = [], isRotated = () => true, isPartial = false }: GqaLayers = {},
): ModelSpec {
  const common = commonFields(config);
  const attention = gqaSpec(config, common.dModel, { ...PLAIN_TRAITS, ...traits });
  const { rope, contextLength } = resolveRope(config, {
    layout: "half",
    dim: attention.dHead,
    isPartial,
    contextLength: common.contextLength,
  });
  const layers = Array.from({ length: common.nLayers }, (_, layer) => ({
    attention: { ...attention, window: windows[layer] ?? null },
    rope: isRotated(layer) ? 0 : null,
    feedForward: feedForward(layer),
    residual: PLAIN_RESIDUAL,
  }));
  const ropes = layers.some((layer) => layer.rope !== null) ? [rope] : [];
  return { ...common, contextLength, ropes, layers };
}

/** The same SwiGLU layer everywhere. */
export function denseLayers(config: ConfigReader, bias = false): () => FeedForwardSpec {
  const dMlp = config.count("intermediate_size");
  return () => ({ kind: "dense", dMlp, activation: "swiGlu", bias });
}
