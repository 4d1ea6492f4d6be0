import type { ConfigReader } from "../configReader.ts";
import { resolveRope } from "../rope.ts";
import type { ModelSpec } from "../spec.ts";
import { commonFields, MAX_HEAD_DIM } from "./common.ts";

/** Llama 2 and 3 and their distillations: grouped-query attention without biases. arXiv:2407.21783 */
export function llama(config: ConfigReader): ModelSpec {
  config.require("attention_bias", [false], "Attention biases are not supported for llama.");
  config.require("mlp_bias", [false], "Feed-forward biases are not supported.");
  return denseDecoder(config, { qkvBias: false, window: null });
}

/** What llama and qwen2 share. */
export function denseDecoder(
  config: ConfigReader,
  traits: { readonly qkvBias: boolean; readonly window: number | null },
): ModelSpec {
  const common = commonFields(config);
  const nHeads = config.count("num_attention_heads");
  const nKvHeads = config.count("num_key_value_heads", nHeads);
  const dHead = config.count("head_dim", common.dModel / nHeads, 1, MAX_HEAD_DIM);
  if (nHeads % nKvHeads !== 0)
    config.fail("num_key_value_heads", `a divisor of num_attention_heads (${nHeads})`);
  if (dHead % 2 !== 0) config.fail("head_dim", "even");
  const dMlp = config.count("intermediate_size");
  const { rope } = resolveRope(config, {
    layout: "half",
    dim: dHead,
    contextLength: common.contextLength,
  });
  return {
    ...common,
    attention: { kind: "gqa", nHeads, nKvHeads, dHead, scale: dHead ** -0.5, ...traits },
    rope,
    layers: Array.from({ length: common.nLayers }, () => ({ kind: "dense", dMlp })),
  };
}
