import type { SyntheticSizes } from "../shapes.ts";
import { GraphNodes, scaleOf, zeroPointOf } from "./graphNodes.ts";
import { ONNX_DTYPES, type OnnxDtype, type OnnxGraph, type OnnxTensor } from "./onnxModel.ts";

/** What config.json says beside the sizes. */
export interface Qwen2Config {
  readonly rms_norm_eps: number;
  readonly rope_theta: number;
  readonly max_position_embeddings: number;
  readonly tie_word_embeddings: boolean;
}

/** Tables of the cosines and the sines of every position's angles. */
export const ROPE = ["rope.cos", "rope.sin"] as const;

/**
 * Qwen2's forward pass with products of whole numbers, with the inputs and outputs by which transformers.js knows a decoder.
 * @param tensors by their names on Hugging Face: matrices as codes [k, n], the embedding as codes [nVocab, dModel], each with its
 *   scale and zero point; vectors as floats; and the tables of ROPE, [positions, dHead / 2]
 */
export function qwen2Graph(
  { nLayers, nHeads, nKvHeads, dHead, nVocab }: SyntheticSizes,
  { rms_norm_eps, tie_word_embeddings }: Qwen2Config,
  tensors: readonly OnnxTensor[],
): OnnxGraph {
  const nodes = new GraphNodes();
  const epsilon = { epsilon: { float32: rms_norm_eps } };

  const mask = nodes.add("mask.sum", "ReduceSum", ["attention_mask", "one"], { keepdims: 0 });
  const last = nodes.add("mask.last", "Sub", [mask, "one"]);
  const lengths = nodes.add("lengths", "Cast", [last], { to: ONNX_DTYPES.int32 });
  const maskShape = nodes.add("mask.shape", "Shape", ["attention_mask"], { start: 1 });
  const width = nodes.add("mask.width", "Squeeze", [maskShape]);
  const total = nodes.add("total", "Cast", [width], { to: ONNX_DTYPES.int32 });

  const embedding = "model.embed_tokens.weight";
  const codes = nodes.add("embedding.codes", "Gather", [embedding, "input_ids"]);
  let residual = nodes.add("embedding", "DequantizeLinear", [
    codes,
    scaleOf(embedding),
    zeroPointOf(embedding),
  ]);
  /** What the block before adds to the residual; nothing at first. */
  let delta: string | null = null;

  const norm = (name: string, gamma: string): string => {
    if (delta === null)
      return nodes.add(name, "SimplifiedLayerNormalization", [residual, gamma], epsilon);
    const sum = `${name}.sum`;
    const inputs = [residual, delta, gamma];
    nodes.add(name, "SkipSimplifiedLayerNormalization", inputs, epsilon, ["", "", sum]);
    residual = sum;
    return name;
  };

  for (let i = 0; i < nLayers; i++) {
    const at = `model.layers.${i}.`;
    const attention = nodes.quantize(norm(`${at}attn_in`, `${at}input_layernorm.weight`));
    const [q, k, v] = (["q_proj", "k_proj", "v_proj"] as const).map((name) => {
      const weights = `${at}self_attn.${name}`;
      const plain = nodes.product(`${weights}.product`, attention, `${weights}.weight`);
      return nodes.add(weights, "Add", [plain, `${weights}.bias`]);
    }) as [string, string, string];
    const past = ["key", "value"].map((part) => `past_key_values.${i}.${part}`);
    const mixed = nodes.add(
      `${at}mixed`,
      "GroupQueryAttention",
      [q, k, v, ...past, lengths, total, ...ROPE],
      { num_heads: nHeads, kv_num_heads: nKvHeads, do_rotary: 1 },
      ["key", "value"].map((part) => `present.${i}.${part}`),
    );
    const heads = nodes.quantize(mixed);
    delta = nodes.product(`${at}attn_out`, heads, `${at}self_attn.o_proj.weight`);

    const inner = nodes.quantize(norm(`${at}mlp_in`, `${at}post_attention_layernorm.weight`));
    const gate = nodes.product(`${at}gate`, inner, `${at}mlp.gate_proj.weight`);
    const up = nodes.product(`${at}up`, inner, `${at}mlp.up_proj.weight`);
    const sigmoid = nodes.add(`${at}sigmoid`, "Sigmoid", [gate]);
    const silu = nodes.add(`${at}silu`, "Mul", [gate, sigmoid]);
    const gated = nodes.quantize(nodes.add(`${at}gated`, "Mul", [silu, up]));
    delta = nodes.product(`${at}mlp_out`, gated, `${at}mlp.down_proj.weight`);
  }

  const hidden = norm("hidden", "model.norm.weight");
  const negative = nodes.add("kept.from", "Neg", ["num_logits_to_keep"]);
  const from = nodes.add("kept.start", "Unsqueeze", [negative, "zero"]);
  const kept = nodes.add("kept", "Slice", [hidden, from, "end", "one"]);
  const rows = nodes.quantize(kept);
  if (tie_word_embeddings)
    nodes.product("logits", rows, embedding, nodes.add("head", "Transpose", [embedding]));
  else nodes.product("logits", rows, "lm_head.weight");

  const cache = (name: string, length: string) =>
    Array.from({ length: nLayers }, (_, i) =>
      ["key", "value"].map((part) =>
        value(`${name}.${i}.${part}`, "float32", "batch_size", nKvHeads, length, dHead),
      ),
    ).flat();
  return {
    inputs: [
      value("input_ids", "int64", "batch_size", "sequence_length"),
      value("attention_mask", "int64", "batch_size", "total_sequence_length"),
      value("num_logits_to_keep", "int64"),
      ...cache("past_key_values", "past_sequence_length"),
    ],
    outputs: [
      value("logits", "float32", "batch_size", "num_logits", nVocab),
      ...cache("present", "total_sequence_length"),
    ],
    tensors: [...tensors, index("zero", 0n), index("one", 1n), index("end", 2n ** 63n - 1n)],
    nodes: nodes.all,
  };
}

const value = (name: string, dtype: OnnxDtype, ...shape: (number | string)[]) => ({
  ...{ name, dtype, shape },
});

const index = (name: string, value: bigint): OnnxTensor => ({
  ...{ name, dtype: "int64", shape: [1] },
  data: new Uint8Array(BigInt64Array.of(value).buffer),
});
