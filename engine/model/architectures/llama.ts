import type { ConfigReader } from "../configReader.ts";
import { resolveRope } from "../rope.ts";
import type { FeedForwardSpec, GqaSpec, ModelSpec } from "../spec.ts";
import type { Architecture } from "./architecture.ts";
import { commonFields, gqaSpec, plainTraits } from "./common.ts";
import { DENSE_NAMES, GQA_NAMES, STREAM_NAMES } from "./names.ts";

/** Llama 2 and 3 and their distillations: grouped-query attention without biases. arXiv:2407.21783 */
export const llama: Architecture = {
  spec(config) {
    config.require("attention_bias", [false], "Attention biases are not supported for llama.");
    config.require("mlp_bias", [false], "Feed-forward biases are not supported.");
    return gqaDecoder(config, {}, denseLayers(config));
  },
  names: new Map([...STREAM_NAMES, ...GQA_NAMES, ...DENSE_NAMES]),
};

/** A pre-norm decoder with rotated grouped-query attention, plain but for `traits`. */
export function gqaDecoder(
  config: ConfigReader,
  traits: Partial<GqaSpec>,
  feedForward: (layer: number) => FeedForwardSpec,
): ModelSpec {
  const common = commonFields(config);
  const attention = gqaSpec(config, common.dModel, { ...plainTraits(common.nLayers), ...traits });
  const { rope } = resolveRope(config, {
    layout: "half",
    dim: attention.dHead,
    contextLength: common.contextLength,
  });
  const layers = Array.from({ length: common.nLayers }, (_, i) => feedForward(i));
  return { ...common, attention, rope, layers };
}

/** The same SwiGLU layer everywhere. */
export function denseLayers(config: ConfigReader): () => FeedForwardSpec {
  const dMlp = config.count("intermediate_size");
  return () => ({ kind: "dense", dMlp, activation: "swiGlu", bias: false });
}
