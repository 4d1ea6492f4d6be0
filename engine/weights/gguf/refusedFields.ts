import type { GgufMetadata } from "./ggufMetadata.ts";
import type { GgufValue } from "./parseGguf.ts";

/** A key whose other values would change numbers, in a way that the forward pass does not carry out. */
export interface RefusedField {
  /** "." stands for the architecture. */
  readonly key: string;
  /** What it does. */
  readonly note: string;
  /** Values that change nothing, in words; without them every value is refused. */
  readonly expected?: string;
  readonly holds?: (value: GgufValue, metadata: GgufMetadata) => boolean;
  /** Architectures that carry it out. */
  readonly except?: readonly string[];
}

const zero = { expected: "0", holds: (value: GgufValue) => isAll(value, 0) };
const zeroOrOne = {
  expected: "1",
  holds: (value: GgufValue) => isAll(value, 0) || isAll(value, 1),
};
const no = { expected: "false", holds: (value: GgufValue) => value === false };
/** Those with DeepSeek's experts. */
const DEEPSEEK = { except: ["deepseek2", "glm4moe"] };

export const REFUSED_FIELDS: readonly RefusedField[] = [
  { key: ".logit_scale", note: "Scales the logits.", ...zeroOrOne },
  { key: ".embedding_scale", note: "Scales the embedding.", ...zeroOrOne },
  { key: ".residual_scale", note: "Scales what each block adds.", ...zeroOrOne },
  { key: ".attention.scale", note: "Replaces 1 / sqrt(head) in the scores.", ...zero },
  { key: ".attention.output_scale", note: "Scales what attention adds.", ...zeroOrOne },
  { key: ".attn_logit_softcapping", note: "Caps attention scores.", ...zero },
  { key: ".router_logit_softcapping", note: "Caps router scores.", ...zero },
  { key: ".final_logit_softcapping", note: "Caps the logits.", ...zero },
  {
    key: ".attention.sliding_window",
    note: "Limits how far tokens look back.",
    expected: "at least the context's length",
    holds: (value, metadata) =>
      value === 0 || (typeof value === "number" && value >= metadata.number(".context_length")),
    except: ["gpt-oss"],
  },
  {
    key: ".attention.sliding_window_pattern",
    note: "Which layers have the window: every other one.",
    expected: "2, every other layer of gpt-oss",
    holds: (value, { architecture }) => architecture === "gpt-oss" && value === 2,
  },
  {
    key: ".attention.clamp_kqv",
    note: "Clamps queries, keys and values.",
    ...zero,
    except: ["olmoe"],
  },
  { key: ".attention.max_alibi_bias", note: "Adds a bias by distance to scores.", ...zero },
  { key: ".attention.temperature_length", note: "Scales queries by position.", ...zero },
  { key: ".attention.temperature_scale", note: "Scales queries by position.", ...zero },
  { key: ".attention.shared_kv_layers", note: "Layers use the keys of others.", ...zero },
  {
    key: ".attention.causal",
    note: "Tokens see later ones, too.",
    expected: "true",
    holds: (value) => value === true,
  },
  { key: ".attention.key_length_swa", note: "Heads of windowed layers have another size." },
  { key: ".attention.value_length_swa", note: "Heads of windowed layers have another size." },
  { key: ".rope.dimension_sections", note: "Rotates by several positions (M-RoPE)." },
  { key: ".rope.dimension_count_swa", note: "Heads of windowed layers rotate otherwise." },
  {
    key: ".rope.freq_base_swa",
    note: "The base of windowed layers.",
    expected: "the base of all layers",
    holds: (value, metadata) => value === metadata.number(".rope.freq_base", 10_000),
  },
  { key: ".rope.scaling.alpha", note: "Scales the base by a formula of its own.", ...zero },
  { key: ".use_parallel_residual", note: "Attention and MLP read the same stream.", ...no },
  { key: ".swin_norm", note: "Norms stand elsewhere.", ...no },
  {
    key: ".expert_gating_func",
    note: "How router scores become weights.",
    expected: "the architecture's own",
    holds: (value, { architecture }) =>
      value === 0 || value === (architecture === "gpt-oss" ? SOFTMAX_OF_CHOSEN : SOFTMAX),
    ...DEEPSEEK,
  },
  { key: ".expert_weights_scale", note: "Scales the experts' weights.", ...zeroOrOne, ...DEEPSEEK },
  {
    key: ".expert_weights_norm",
    note: "Makes the chosen experts' weights sum to 1.",
    expected: "the architecture's own",
    holds: (value, { architecture }) => value === (architecture !== "olmoe"),
    ...DEEPSEEK,
  },
  { key: ".expert_group_count", note: "Experts are chosen by group.", ...zeroOrOne, ...DEEPSEEK },
  {
    key: ".expert_group_used_count",
    note: "How many groups are chosen.",
    ...zeroOrOne,
    ...DEEPSEEK,
  },
  { key: ".expert_group_scale", note: "Scales groups of experts.", ...zeroOrOne },
  { key: ".experts_per_group", note: "Experts are chosen by group.", ...zeroOrOne },
  { key: ".expert_shared_count", note: "Experts that every token has.", ...zero, ...DEEPSEEK },
  { key: ".leading_dense_block_count", note: "Layers without experts.", ...zero, ...DEEPSEEK },
  { key: ".interleave_moe_layer_step", note: "Layers without experts between.", ...zeroOrOne },
  { key: ".moe_every_n_layers", note: "Layers without experts between.", ...zeroOrOne },
  { key: ".n_deepstack_layers", note: "Adds what an image encoder found.", ...zero },
  { key: ".swiglu_clamp_exp", note: "Clamps the experts' activations.", ...zero },
  { key: ".swiglu_clamp_shexp", note: "Clamps the shared experts' activations.", ...zero },
  { key: "general.sampling.mirostat", note: "Sampling by Mirostat.", ...zero },
  { key: "general.sampling.xtc_probability", note: "Sampling by XTC.", ...zero },
  { key: "general.sampling.sequence", note: "An order of cut-offs." },
  {
    key: "general.sampling.penalty_last_n",
    note: "How far back the penalty looks.",
    expected: "-1, the whole text",
    holds: (value) => value === -1,
  },
  {
    key: "general.type",
    note: "What the file is: a model, an adapter, an image encoder.",
    expected: '"model"',
    holds: (value) => value === "model",
  },
  {
    key: "general.quantization_version",
    note: "How blocks are laid out.",
    expected: "2",
    holds: (value) => value === 2,
  },
];

/** llama.cpp's numbers of gates: over all experts, and over the chosen ones. */
const SOFTMAX = 1;
const SOFTMAX_OF_CHOSEN = 3;

function isAll(value: GgufValue, number: number): boolean {
  return Array.isArray(value) ? value.every((item) => item === number) : value === number;
}
