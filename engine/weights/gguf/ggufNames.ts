import { WeightsError } from "../../base/errors.ts";
import { ggufModelType } from "./ggufConfig.ts";
import {
  alternatingRows,
  asStored,
  type GgufSource,
  joinedHalves,
  transposed,
  unpermuted,
} from "./ggufDerivation.ts";
import type { GgufMetadata } from "./ggufMetadata.ts";
import type { GgufTensor } from "./parseGguf.ts";

/** llama.cpp's names and Hugging Face's: of whole tensors, and of those in a block, without "weight" or "bias". */
interface NameTable {
  readonly global: Readonly<Record<string, string>>;
  /** "{i}" is the layer. */
  readonly prefix: string;
  readonly block: Readonly<Record<string, string>>;
  /** Stacks of one matrix per expert that Hugging Face's files have apart, with "{e}" for the expert. */
  readonly experts: Readonly<Record<string, string>>;
  /** Tensors of a block that Hugging Face calls neither weight nor bias. */
  readonly whole?: Readonly<Record<string, string>>;
  /** Two tensors of a block that are one in Hugging Face's files. */
  readonly pairs?: Readonly<Record<string, Pair>>;
}

interface Pair {
  readonly second: string;
  readonly name: string;
  readonly join: (name: string, first: GgufTensor, second: GgufTensor) => GgufSource;
}

const GATED = { ffn_gate: "gate_proj", ffn_up: "up_proj", ffn_down: "down_proj" };
const each = (names: Readonly<Record<string, string>>, suffix: string, layer: string) =>
  Object.fromEntries(
    Object.entries(names).map(([name, matrix]) => [name + suffix, `${layer}${matrix}`]),
  );

const DECODER: NameTable = {
  global: {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
  },
  prefix: "model.layers.{i}.",
  block: {
    attn_norm: "input_layernorm",
    ffn_norm: "post_attention_layernorm",
    attn_q: "self_attn.q_proj",
    attn_k: "self_attn.k_proj",
    attn_v: "self_attn.v_proj",
    attn_output: "self_attn.o_proj",
    attn_q_norm: "self_attn.q_norm",
    attn_k_norm: "self_attn.k_norm",
    ffn_gate_inp: "mlp.gate",
    ...each(GATED, "", "mlp."),
  },
  experts: each(GATED, "_exps", "mlp.experts.{e}."),
};

/** The module that drafts tokens, in a layer behind the last. */
const DRAFTS = {
  "nextn.eh_proj": "eh_proj",
  "nextn.embed_tokens": "embed_tokens",
  "nextn.enorm": "enorm",
  "nextn.hnorm": "hnorm",
  "nextn.shared_head_head": "shared_head.head",
  "nextn.shared_head_norm": "shared_head.norm",
};

/** Experts that every token has, and what they are chosen by. */
const DEEPSEEK_EXPERTS = each(GATED, "_shexp", "mlp.shared_experts.");
const SELECTION_BIAS = { "exp_probs_b.bias": "mlp.gate.e_score_correction_bias" };

const TABLES: Readonly<Record<string, NameTable>> = {
  mixtral: {
    ...DECODER,
    block: { ...DECODER.block, ffn_gate_inp: "block_sparse_moe.gate" },
    experts: each(
      { ffn_gate: "w1", ffn_up: "w3", ffn_down: "w2" },
      "_exps",
      "block_sparse_moe.experts.{e}.",
    ),
  },
  gpt_oss: {
    ...DECODER,
    block: {
      ...DECODER.block,
      post_attention_norm: "post_attention_layernorm",
      ffn_gate_inp: "mlp.router",
    },
    experts: {},
    whole: {
      "attn_sinks.weight": "self_attn.sinks",
      "ffn_down_exps.weight": "mlp.experts.down_proj",
      "ffn_down_exps.bias": "mlp.experts.down_proj_bias",
    },
    pairs: {
      "ffn_gate_exps.weight": {
        second: "ffn_up_exps.weight",
        name: "mlp.experts.gate_up_proj",
        join: alternatingRows,
      },
      "ffn_gate_exps.bias": {
        second: "ffn_up_exps.bias",
        name: "mlp.experts.gate_up_proj_bias",
        join: alternatingRows,
      },
    },
  },
  deepseek: {
    ...DECODER,
    block: {
      ...DECODER.block,
      attn_q_a: "self_attn.q_a_proj",
      attn_q_a_norm: "self_attn.q_a_layernorm",
      attn_q_b: "self_attn.q_b_proj",
      attn_kv_a_mqa: "self_attn.kv_a_proj_with_mqa",
      attn_kv_a_norm: "self_attn.kv_a_layernorm",
      attn_kv_b: "self_attn.kv_b_proj",
      ...DEEPSEEK_EXPERTS,
      ...DRAFTS,
    },
    whole: SELECTION_BIAS,
    pairs: {
      "attn_k_b.weight": {
        second: "attn_v_b.weight",
        name: "self_attn.kv_b_proj.weight",
        join: joinedHalves,
      },
    },
  },
  glm4_moe: {
    ...DECODER,
    block: {
      ...DECODER.block,
      post_attention_norm: "post_attention_layernorm",
      ...DEEPSEEK_EXPERTS,
      ...DRAFTS,
    },
    whole: SELECTION_BIAS,
  },
  gpt2: {
    global: {
      "token_embd.weight": "transformer.wte.weight",
      "position_embd.weight": "transformer.wpe.weight",
      "output_norm.weight": "transformer.ln_f.weight",
      "output_norm.bias": "transformer.ln_f.bias",
      "output.weight": "lm_head.weight",
    },
    prefix: "transformer.h.{i}.",
    block: {
      attn_norm: "ln_1",
      attn_qkv: "attn.c_attn",
      attn_output: "attn.c_proj",
      ffn_norm: "ln_2",
      ffn_up: "mlp.c_fc",
      ffn_down: "mlp.c_proj",
    },
    experts: {},
  },
};

/** GPT-2's matrices are (in, out) in Hugging Face's files. */
const TRANSPOSED = ["attn_qkv", "attn_output", "ffn_up", "ffn_down"];

/** Carries what ggufConfig reads. */
export const ROPE_FACTORS = "rope_freqs.weight";

/**
 * A file's tensors by Hugging Face's names: stacks of experts cut apart, rows in transformers' order, halves joined. What
 * has no such name keeps its own, and is refused when weights are loaded.
 * @throws WeightsError ERR_TENSOR_SHAPE, ERR_TENSOR_DTYPE, ERR_TENSOR_MISSING
 */
export function ggufNames(
  tensors: ReadonlyMap<string, GgufTensor>,
  metadata: GgufMetadata,
): Map<string, GgufSource> {
  const modelType = ggufModelType(metadata);
  const table = own(TABLES, modelType.replace(/^(deepseek)_v\d$/, "$1")) ?? DECODER;
  const seconds = new Set(Object.values(table.pairs ?? {}).map(({ second }) => second));
  const heads = permutedHeads(metadata);
  const nExperts = metadata.number(".expert_count", 0);
  const sources = new Map<string, GgufSource>();
  for (const [name, tensor] of tensors) {
    if (name === ROPE_FACTORS) continue;
    const [, layer = "", whole = "", part = "", kind = ""] =
      /^blk\.(\d+)\.(([\w.]+)\.(weight|bias))$/.exec(name) ?? [];
    if (seconds.has(whole)) continue;
    const at = table.prefix.replace("{i}", layer);
    const stack = own(table.experts, part);
    const pair = own(table.pairs ?? {}, whole);
    const known = own(table.block, part);
    const single = own(table.whole ?? {}, whole);
    if (stack !== undefined && kind === "weight" && tensor.shape.length === 3)
      for (const [e, expert] of slices(tensor, name, nExperts).entries())
        sources.set(`${at}${stack.replace("{e}", `${e}`)}.weight`, asStored(expert));
    else if (pair !== undefined) {
      const second = secondOf(tensors, name, `blk.${layer}.${pair.second}`);
      sources.set(at + pair.name, pair.join(name, tensor, second));
    } else if (single !== undefined) sources.set(at + single, asStored(tensor));
    else if (known === undefined) sources.set(own(table.global, name) ?? name, asStored(tensor));
    else {
      const nHeads = own(heads, part);
      const turns = modelType === "gpt2" && kind === "weight" && TRANSPOSED.includes(part);
      const stored = turns ? transposed(name, tensor) : asStored(tensor);
      sources.set(
        `${at}${known}.${kind}`,
        nHeads === undefined ? stored : unpermuted(name, tensor, nHeads),
      );
    }
  }
  return sources;
}

function secondOf(
  tensors: ReadonlyMap<string, GgufTensor>,
  name: string,
  wanted: string,
): GgufTensor {
  const tensor = tensors.get(wanted);
  if (tensor !== undefined) return tensor;
  throw new WeightsError(
    "ERR_TENSOR_MISSING",
    `${name}: expected ${wanted} beside it, got a file without. Convert the model again.`,
  );
}

/** llama.cpp rotates neighbours where transformers rotates halves, and reorders Llama's rows to suit. */
function permutedHeads(metadata: GgufMetadata): Readonly<Record<string, number>> {
  if (metadata.architecture !== "llama") return {};
  const nHeads = metadata.number(".attention.head_count");
  return { attn_q: nHeads, attn_k: metadata.number(".attention.head_count_kv", nHeads) };
}

/** The parts of a tensor along its first axis. */
function slices(
  { type, shape, file, byteOffset, byteLength }: GgufTensor,
  name: string,
  nExperts: number,
): GgufTensor[] {
  const [count = 0, ...rest] = shape;
  if (count !== nExperts)
    throw new WeightsError(
      "ERR_TENSOR_SHAPE",
      `${name}: expected ${nExperts} experts, got (${shape.join(", ")}). Convert the model again.`,
    );
  const size = byteLength / count;
  return Array.from({ length: count }, (_, i) => ({
    type,
    shape: rest,
    file,
    byteOffset: byteOffset + i * size,
    byteLength: size,
  }));
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
