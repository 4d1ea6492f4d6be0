import type { ConfigReader } from "../configReader.ts";
import type { ModelSpec } from "../spec.ts";
import type { TensorView, WeightSource } from "../weightNames.ts";
import type { Architecture } from "./architecture.ts";
import { declaredDType, MAX_HEAD_DIM, MAX_LAYERS, PLAIN_RESIDUAL, PLAIN_TRAITS } from "./common.ts";

/** GPT-2: layer norms, learned positions, a GELU feed-forward, biases everywhere. Radford et al. 2019 */
export const gpt2: Architecture = {
  spec: gpt2Spec,
  defaults: {
    vocab_size: 50_257,
    n_positions: 1024,
    n_embd: 768,
    n_layer: 12,
    n_head: 12,
    activation_function: "gelu_new",
    layer_norm_epsilon: 1e-5,
    scale_attn_weights: true,
    scale_attn_by_inverse_layer_idx: false,
    add_cross_attention: false,
    tie_word_embeddings: true,
  },
  aliases: {
    hidden_size: "n_embd",
    max_position_embeddings: "n_positions",
    num_attention_heads: "n_head",
    num_hidden_layers: "n_layer",
  },
  names: new Map([
    ["embed", { template: "transformer.wte.weight" }],
    ["positions", { template: "transformer.wpe.weight" }],
    ["unembed", { template: "lm_head.weight" }],
    ["ln_final", { template: "transformer.ln_f.weight" }],
    ["ln_final.bias", { template: "transformer.ln_f.bias" }],
    ...affine("ln1", "ln_1"),
    ...affine("ln2", "ln_2"),
    ...["q", "k", "v"].flatMap((letter, part) => fused(`attn.${letter}`, "attn.c_attn", part)),
    ...affine("attn.o", "attn.c_proj", transposed),
    ...affine("mlp.up", "mlp.c_fc", transposed),
    ...affine("mlp.down", "mlp.c_proj", transposed),
  ]),
  ignorable: /\.attn\.(masked_)?bias$/, // causal masks of old checkpoints
};

function gpt2Spec(config: ConfigReader): ModelSpec {
  const tanh = ["gelu_new", "gelu_pytorch_tanh"];
  config.require("activation_function", tanh, "Only the GELU of GPT-2 is supported.");
  config.require("add_cross_attention", [false], "Only decoders are supported.");
  const dModel = config.count("n_embd");
  const nHeads = config.count("n_head");
  const nLayers = config.count("n_layer", undefined, 1, MAX_LAYERS);
  const dHead = dModel / nHeads;
  if (!Number.isInteger(dHead) || dHead > MAX_HEAD_DIM)
    config.fail("n_head", `a divisor of n_embd (${dModel})`);
  const dMlp = config.count("n_inner", 4 * dModel);
  const scale = config.boolean("scale_attn_weights") ? dHead ** -0.5 : 1;
  const dividesByLayer = config.boolean("scale_attn_by_inverse_layer_idx");
  return {
    architecture: config.string("model_type"),
    nLayers,
    dModel,
    nVocab: config.count("vocab_size"),
    contextLength: config.count("n_positions"),
    norm: "layer",
    normEps: config.number("layer_norm_epsilon"),
    learnedPositions: true,
    mtp: null,
    tiedEmbeddings: config.boolean("tie_word_embeddings"),
    dtype: declaredDType(config),
    ropes: [],
    layers: Array.from({ length: nLayers }, (_, layer) => ({
      attention: {
        kind: "gqa",
        nHeads,
        nKvHeads: nHeads,
        dHead,
        ...PLAIN_TRAITS,
        scale: dividesByLayer ? scale / (layer + 1) : scale,
        qkvBias: true,
        outBias: true,
      },
      rope: null,
      feedForward: { kind: "dense", dMlp, activation: "gelu", bias: true },
      residual: PLAIN_RESIDUAL,
    })),
  };
}

type Entry = readonly [string, WeightSource];

/** A weight with its bias. */
function affine(name: string, tensor: string, view?: WeightSource["view"]): Entry[] {
  const template = `transformer.h.{i}.${tensor}`;
  return [
    [`blocks.{i}.${name}`, { template: `${template}.weight`, ...(view && { view }) }],
    [`blocks.{i}.${name}.bias`, { template: `${template}.bias` }],
  ];
}

/** Matrices are stored (in, out). */
function transposed([n = 0, k = 0]: readonly number[]): TensorView {
  return { shape: [k, n], offset: 0, strides: [1, n] };
}

/** One of the three that c_attn holds side by side: queries, keys and values of all heads. */
function fused(name: string, tensor: string, part: number): Entry[] {
  const template = `transformer.h.{i}.${tensor}`;
  return [
    [
      `blocks.{i}.${name}`,
      {
        template: `${template}.weight`,
        view: ([n = 0, k = 0]) => ({ shape: [k, 3 * n], offset: part * n, strides: [1, 3 * n] }),
      },
    ],
    [
      `blocks.{i}.${name}.bias`,
      {
        template: `${template}.bias`,
        view: ([n = 0]) => ({ shape: [3 * n], offset: part * n, strides: [1] }),
      },
    ],
  ];
}
