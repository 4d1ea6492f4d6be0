import type { GgufMetadataValue } from "./ggufHeader.ts";
import { vocabulary } from "./vocabulary.ts";

/** A tensor by its name in GGUF files and in Hugging Face's; its shape row-major. */
export interface SyntheticTensor {
  readonly gguf: string;
  readonly huggingFace: string;
  readonly shape: readonly number[];
  /** Norms, biases and routers, which quantisers leave in float32. */
  readonly isPlain: boolean;
}

/** A model's sizes as both formats say them. */
export interface SyntheticShape {
  readonly words: string;
  readonly sizes: SyntheticSizes;
  readonly config: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, GgufMetadataValue>>;
  readonly tensors: readonly SyntheticTensor[];
}

export interface SyntheticSizes {
  readonly nLayers: number;
  readonly dModel: number;
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly dHead: number;
  readonly nVocab: number;
}

const matrix = (gguf: string, huggingFace: string, ...shape: number[]): SyntheticTensor => ({
  ...{ gguf: `${gguf}.weight`, huggingFace: `${huggingFace}.weight`, shape },
  isPlain: false,
});
const vector = (gguf: string, huggingFace: string, size: number): SyntheticTensor => ({
  ...{ gguf, huggingFace, shape: [size], isPlain: true },
});

/** Qwen2's layers: biases of queries, keys and values, a gated feed-forward; tied embeddings, or a head of its own. */
function qwen2(words: string, dFf: number, sizes: SyntheticSizes, isTied = true): SyntheticShape {
  const { nLayers, dModel, nHeads, nKvHeads, dHead, nVocab } = sizes;
  const layer = (i: number): SyntheticTensor[] => {
    const [blk, at] = [`blk.${i}.`, `model.layers.${i}.`];
    const projection = (gguf: string, name: string, size: number) => [
      matrix(`${blk}${gguf}`, `${at}self_attn.${name}`, size, dModel),
      vector(`${blk}${gguf}.bias`, `${at}self_attn.${name}.bias`, size),
    ];
    return [
      vector(`${blk}attn_norm.weight`, `${at}input_layernorm.weight`, dModel),
      ...projection("attn_q", "q_proj", nHeads * dHead),
      ...projection("attn_k", "k_proj", nKvHeads * dHead),
      ...projection("attn_v", "v_proj", nKvHeads * dHead),
      matrix(`${blk}attn_output`, `${at}self_attn.o_proj`, dModel, nHeads * dHead),
      vector(`${blk}ffn_norm.weight`, `${at}post_attention_layernorm.weight`, dModel),
      matrix(`${blk}ffn_gate`, `${at}mlp.gate_proj`, dFf, dModel),
      matrix(`${blk}ffn_up`, `${at}mlp.up_proj`, dFf, dModel),
      matrix(`${blk}ffn_down`, `${at}mlp.down_proj`, dModel, dFf),
    ];
  };
  return {
    ...{ words, sizes },
    config: {
      ...{ architectures: ["Qwen2ForCausalLM"], model_type: "qwen2", hidden_act: "silu" },
      ...{ hidden_size: dModel, intermediate_size: dFf, num_hidden_layers: nLayers },
      ...{ num_attention_heads: nHeads, num_key_value_heads: nKvHeads, vocab_size: nVocab },
      ...{ max_position_embeddings: 32768, rms_norm_eps: 1e-6, rope_theta: 1e6 },
      ...{ tie_word_embeddings: isTied, torch_dtype: "bfloat16" },
    },
    metadata: ggufMetadata("qwen2", dFf, sizes),
    tensors: [
      matrix("token_embd", "model.embed_tokens", nVocab, dModel),
      ...Array.from({ length: nLayers }, (_, i) => layer(i)).flat(),
      vector("output_norm.weight", "model.norm.weight", dModel),
      ...(isTied ? [] : [matrix("output", "lm_head", nVocab, dModel)]),
    ],
  };
}

/** Qwen3's layers with experts alone, stacked as GGUF files have them, and a head of its own. */
function qwen3Moe(
  words: string,
  { nExperts, nUsed, dExpert }: { nExperts: number; nUsed: number; dExpert: number },
  sizes: SyntheticSizes,
): SyntheticShape {
  const { nLayers, dModel, nHeads, nKvHeads, dHead, nVocab } = sizes;
  const layer = (i: number): SyntheticTensor[] => {
    const [blk, at] = [`blk.${i}.`, `model.layers.${i}.`];
    return [
      vector(`${blk}attn_norm.weight`, `${at}input_layernorm.weight`, dModel),
      matrix(`${blk}attn_q`, `${at}self_attn.q_proj`, nHeads * dHead, dModel),
      matrix(`${blk}attn_k`, `${at}self_attn.k_proj`, nKvHeads * dHead, dModel),
      matrix(`${blk}attn_v`, `${at}self_attn.v_proj`, nKvHeads * dHead, dModel),
      matrix(`${blk}attn_output`, `${at}self_attn.o_proj`, dModel, nHeads * dHead),
      vector(`${blk}attn_q_norm.weight`, `${at}self_attn.q_norm.weight`, dHead),
      vector(`${blk}attn_k_norm.weight`, `${at}self_attn.k_norm.weight`, dHead),
      vector(`${blk}ffn_norm.weight`, `${at}post_attention_layernorm.weight`, dModel),
      {
        ...matrix(`${blk}ffn_gate_inp`, `${at}mlp.gate`, nExperts, dModel),
        isPlain: true,
      },
      ...["gate", "up"].map((name) =>
        matrix(`${blk}ffn_${name}_exps`, `${at}mlp.experts.${name}`, nExperts, dExpert, dModel),
      ),
      matrix(`${blk}ffn_down_exps`, `${at}mlp.experts.down`, nExperts, dModel, dExpert),
    ];
  };
  return {
    ...{ words, sizes },
    config: {},
    metadata: {
      ...ggufMetadata("qwen3moe", dExpert, sizes),
      "qwen3moe.expert_count": nExperts,
      "qwen3moe.expert_used_count": nUsed,
      "qwen3moe.expert_feed_forward_length": dExpert,
    },
    tensors: [
      matrix("token_embd", "model.embed_tokens", nVocab, dModel),
      ...Array.from({ length: nLayers }, (_, i) => layer(i)).flat(),
      vector("output_norm.weight", "model.norm.weight", dModel),
      matrix("output", "lm_head", nVocab, dModel),
    ],
  };
}

function ggufMetadata(
  architecture: string,
  dFf: number,
  { nLayers, dModel, nHeads, nKvHeads, dHead, nVocab }: SyntheticSizes,
): SyntheticShape["metadata"] {
  const sizes = {
    ...{ block_count: nLayers, context_length: 32768, embedding_length: dModel },
    ...{ feed_forward_length: dFf, "attention.head_count": nHeads },
    ...{ "attention.head_count_kv": nKvHeads, "attention.key_length": dHead },
    ...{ "attention.value_length": dHead, vocab_size: nVocab },
    "attention.layer_norm_rms_epsilon": { float32: 1e-6 },
    "rope.freq_base": { float32: 1e6 },
  };
  return {
    "general.architecture": architecture,
    "general.name": "synthetic",
    ...vocabulary(nVocab),
    ...Object.fromEntries(
      Object.entries(sizes).map(([key, value]) => [`${architecture}.${key}`, value]),
    ),
  };
}

const HEADS_OF_QWEN2 = { nHeads: 14, nKvHeads: 2, dHead: 64, nVocab: 151936 };

/** What can be made. */
export const SHAPES = {
  dense: qwen2("Qwen2-0.5B", 4864, { nLayers: 24, dModel: 896, ...HEADS_OF_QWEN2 }),
  "dense-cut": qwen2("Qwen2-0.5B, four layers of it", 4864, {
    ...{ nLayers: 4, dModel: 896, ...HEADS_OF_QWEN2 },
    nVocab: 32768,
  }),
  "dense-wide": qwen2("Qwen2-0.5B with rows of whole blocks of 256", 4864, {
    ...{ nLayers: 20, dModel: 1024, ...HEADS_OF_QWEN2 },
    nHeads: 16,
  }),
  "dense-7b": qwen2(
    "Qwen2.5-7B",
    18944,
    { nLayers: 28, dModel: 3584, nHeads: 28, nKvHeads: 4, dHead: 128, nVocab: 152064 },
    false,
  ),
  moe: qwen3Moe(
    "64 experts, 1 B in all",
    { nExperts: 64, nUsed: 8, dExpert: 512 },
    { nLayers: 9, dModel: 1024, nHeads: 16, nKvHeads: 4, dHead: 64, nVocab: 50304 },
  ),
} as const satisfies Readonly<Record<string, SyntheticShape>>;
