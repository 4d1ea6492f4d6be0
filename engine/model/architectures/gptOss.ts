import type { ConfigReader } from "../configReader.ts";
import type { MoeSpec } from "../spec.ts";
import type { TensorView, WeightSource } from "../weightNames.ts";
import type { Architecture } from "./architecture.ts";
import { MAX_LAYERS, windowsOf } from "./common.ts";
import { softmaxExperts } from "./experts.ts";
import { gqaDecoder } from "./llama.ts";
import { GQA_NAMES, STREAM_NAMES } from "./names.ts";

/** gpt-oss: attention sinks, sliding windows in every other layer, experts with clamped gates. arXiv:2508.10925 */
export const gptOss: Architecture = {
  spec: (config) => {
    config.require("attention_bias", [true], "gpt_oss without attention biases is not supported.");
    const moe = clampedExperts(config);
    const traits = { qkvBias: true, outBias: true, sinks: true };
    return gqaDecoder(config, traits, () => moe, { windows: layerWindows(config) });
  },
  defaults: {
    vocab_size: 201_088,
    hidden_size: 2880,
    intermediate_size: 2880,
    num_hidden_layers: 36,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    head_dim: 64,
    hidden_act: "silu",
    max_position_embeddings: 131_072,
    rms_norm_eps: 1e-5,
    rope_theta: 150_000,
    rope_parameters: {
      rope_type: "yarn",
      factor: 32,
      beta_fast: 32,
      beta_slow: 1,
      truncate: false,
      original_max_position_embeddings: 4096,
    },
    attention_bias: true,
    sliding_window: 128,
    num_local_experts: 128,
    num_experts_per_tok: 4,
    tie_word_embeddings: false,
  },
  aliases: { num_experts: "num_local_experts" },
  names: new Map([
    ...STREAM_NAMES,
    ...GQA_NAMES,
    ["blocks.{i}.attn.sinks", block("self_attn.sinks")],
    ["blocks.{i}.mlp.router", block("mlp.router.weight")],
    ["blocks.{i}.mlp.router.logit_bias", block("mlp.router.bias")],
    ["blocks.{i}.mlp.experts.gate", experts("gate_up_proj", interleaved(0), everyOtherRow(0))],
    ["blocks.{i}.mlp.experts.up", experts("gate_up_proj", interleaved(1), everyOtherRow(1))],
    ["blocks.{i}.mlp.experts.gate.bias", block("mlp.experts.gate_up_proj_bias", everyOther(0))],
    ["blocks.{i}.mlp.experts.up.bias", block("mlp.experts.gate_up_proj_bias", everyOther(1))],
    ["blocks.{i}.mlp.experts.down", experts("down_proj", transposed, null)],
    ["blocks.{i}.mlp.experts.down.bias", block("mlp.experts.down_proj_bias")],
  ]),
};

/** Fixed in transformers and llama.cpp, though the published configs name it. */
const SWIGLU_LIMIT = 7;

/** The router takes the softmax over the chosen logits: the normalised share of the softmax over all. */
function clampedExperts(config: ConfigReader): MoeSpec {
  config.require("swiglu_limit", [SWIGLU_LIMIT], "Implementations disagree on other limits.");
  return {
    ...softmaxExperts(config, {
      count: "num_local_experts",
      width: "intermediate_size",
      normalize: true,
    }),
    activation: { kind: "clamped", alpha: 1.702, limit: SWIGLU_LIMIT },
    bias: true,
  };
}

/** Even layers slide where the config does not list them. */
function layerWindows(config: ConfigReader): (number | null)[] {
  const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
  const listed = config.raw("layer_types");
  const alternating = Array.from({ length: nLayers }, (_, i) =>
    i % 2 === 0 ? "sliding_attention" : "full_attention",
  );
  return windowsOf(config, Array.isArray(listed) ? listed : alternating, nLayers);
}

function block(rest: string, view?: WeightSource["view"]): WeightSource {
  return { template: `model.layers.{i}.${rest}`, ...(view && { view }) };
}

/** Dense experts are stored (E, in, out), MXFP4 ones (E, out, in). */
function experts(
  which: string,
  view: NonNullable<WeightSource["view"]>,
  mxfp4View: NonNullable<WeightSource["mxfp4View"]> | null,
): WeightSource {
  return { ...block(`mlp.experts.${which}`, view), mxfp4View };
}

/** (E, 2 out, in) to (E, out, in): gates in the even rows, ups in the odd. */
function everyOtherRow(parity: 0 | 1): (weight: readonly number[]) => TensorView {
  return ([nExperts = 0, n = 0, k = 0]) => ({
    shape: [nExperts, 2 * n, k],
    offset: parity * k,
    strides: [2 * n * k, 2 * k, 1],
  });
}

/** (E, in, 2 out) to (E, out, in): gates in the even columns, ups in the odd. */
function interleaved(parity: 0 | 1): (weight: readonly number[]) => TensorView {
  return ([nExperts = 0, n = 0, k = 0]) => ({
    shape: [nExperts, k, 2 * n],
    offset: parity,
    strides: [k * 2 * n, 2, 2 * n],
  });
}

/** (E, 2 out) to (E, out). */
function everyOther(parity: 0 | 1): (weight: readonly number[]) => TensorView {
  return ([nExperts = 0, n = 0]) => ({
    shape: [nExperts, 2 * n],
    offset: parity,
    strides: [2 * n, 2],
  });
}

/** (E, in, out) to (E, out, in). */
function transposed([nExperts = 0, n = 0, k = 0]: readonly number[]): TensorView {
  return { shape: [nExperts, k, n], offset: 0, strides: [n * k, 1, n] };
}
