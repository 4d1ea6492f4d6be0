import type { LayerSpec, MlaSpec } from "../spec.ts";
import type { TensorView, WeightSource } from "../weightNames.ts";

/** The pieces that architectures' tables of names are made of. */
export type NameEntries = readonly (readonly [string, WeightSource])[];

const plain = (template: string): WeightSource => ({ template });
const block = (rest: string): WeightSource => plain(`model.layers.{i}.${rest}`);

/** Embeddings, norms and head, as all but GPT-2 name them. */
export const STREAM_NAMES: NameEntries = [
  ["embed", plain("model.embed_tokens.weight")],
  ["ln_final", plain("model.norm.weight")],
  ["unembed", plain("lm_head.weight")],
  ["blocks.{i}.ln1", block("input_layernorm.weight")],
  ["blocks.{i}.ln2", block("post_attention_layernorm.weight")],
];

export const GQA_NAMES: NameEntries = [
  ...["q", "k", "v", "o"].flatMap(
    (letter) =>
      [
        [`blocks.{i}.attn.${letter}`, block(`self_attn.${letter}_proj.weight`)],
        [`blocks.{i}.attn.${letter}.bias`, block(`self_attn.${letter}_proj.bias`)],
      ] as const,
  ),
  ["blocks.{i}.attn.q_norm", block("self_attn.q_norm.weight")],
  ["blocks.{i}.attn.k_norm", block("self_attn.k_norm.weight")],
];

export const MLA_NAMES: NameEntries = [
  ["blocks.{i}.attn.q", block("self_attn.q_proj.weight")],
  ["blocks.{i}.attn.o", block("self_attn.o_proj.weight")],
  ["blocks.{i}.attn.q_a", block("self_attn.q_a_proj.weight")],
  ["blocks.{i}.attn.q_a_norm", block("self_attn.q_a_layernorm.weight")],
  ["blocks.{i}.attn.q_b", block("self_attn.q_b_proj.weight")],
  ["blocks.{i}.attn.kv_a", block("self_attn.kv_a_proj_with_mqa.weight")],
  ["blocks.{i}.attn.kv_a_norm", block("self_attn.kv_a_layernorm.weight")],
  ["blocks.{i}.attn.kv_b_key", { ...block("self_attn.kv_b_proj.weight"), view: keyHalf }],
  ["blocks.{i}.attn.kv_b_value", { ...block("self_attn.kv_b_proj.weight"), view: valueHalf }],
];

/** What a module of multi-token prediction has beside its block. */
export const MTP_NAMES: NameEntries = [
  ["mtp.{i}.embed", block("embed_tokens.weight")],
  ["mtp.{i}.enorm", block("enorm.weight")],
  ["mtp.{i}.hnorm", block("hnorm.weight")],
  ["mtp.{i}.eh_proj.embedding", { ...block("eh_proj.weight"), view: columns(0) }],
  ["mtp.{i}.eh_proj.hidden", { ...block("eh_proj.weight"), view: columns(1) }],
  ["mtp.{i}.ln_final", block("shared_head.norm.weight")],
  ["mtp.{i}.unembed", block("shared_head.head.weight")],
];

export const DENSE_NAMES: NameEntries = ["gate", "up", "down"].flatMap(
  (which) =>
    [
      [`blocks.{i}.mlp.${which}`, block(`mlp.${which}_proj.weight`)],
      [`blocks.{i}.mlp.${which}.bias`, block(`mlp.${which}_proj.bias`)],
    ] as const,
);

/** A router and experts of their own tensors. */
export function expertNames(
  layer: string,
  [gate, up, down] = ["gate_proj", "up_proj", "down_proj"],
): NameEntries {
  const expert = (which = "") => block(`${layer}.experts.{e}.${which}.weight`);
  return [
    ["blocks.{i}.mlp.router", block(`${layer}.gate.weight`)],
    ["blocks.{i}.mlp.experts.gate", expert(gate)],
    ["blocks.{i}.mlp.experts.up", expert(up)],
    ["blocks.{i}.mlp.experts.down", expert(down)],
  ];
}

/** Rows 0..P-1 of every head of kv_b_proj (H(P+V), C), transposed to (H, C, P). */
export function keyHalf([nHeads = 0, kvLoraRank = 0]: readonly number[], layer: LayerSpec) {
  const { dNope, dValue } = layer.attention as MlaSpec;
  return {
    shape: [nHeads * (dNope + dValue), kvLoraRank],
    offset: 0,
    strides: [(dNope + dValue) * kvLoraRank, 1, kvLoraRank],
  } satisfies TensorView;
}

/** Rows P..P+V-1 of every head, (H, V, C). */
export function valueHalf(
  [nHeads = 0, dValue = 0, kvLoraRank = 0]: readonly number[],
  layer: LayerSpec,
) {
  const { dNope } = layer.attention as MlaSpec;
  return {
    shape: [nHeads * (dNope + dValue), kvLoraRank],
    offset: dNope * kvLoraRank,
    strides: [(dNope + dValue) * kvLoraRank, kvLoraRank, 1],
  } satisfies TensorView;
}

/** The first or second of two matrices (M, M) that stand side by side. */
function columns(which: 0 | 1) {
  return ([rows = 0, width = 0]: readonly number[]): TensorView => ({
    shape: [rows, 2 * width],
    offset: which * width,
    strides: [2 * width, 1],
  });
}
