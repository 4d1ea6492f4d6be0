import type { Field } from "../../base/fields.ts";
import { REFUSED_FIELDS } from "./refusedFields.ts";

type Notes = Readonly<Record<string, string>>;

/** Of the architecture, and what follows from them. */
const CARRIED_OUT: Notes = {
  "general.architecture": "Which model it is.",
  "general.alignment": "Where tensors may start.",
  "split.no": "Which of the files this is; held against its name.",
  "split.count": "Over how many files the model is spread; all are opened.",
  "split.tensors.count": "How many tensors all files hold; held against them.",
  ".block_count": "Layers.",
  ".context_length": "The longest context.",
  ".embedding_length": "Width of the residual stream.",
  ".feed_forward_length": "Width of the MLP.",
  ".attention.head_count": "Query heads; the same in every layer.",
  ".attention.head_count_kv": "Key and value heads; the same in every layer.",
  ".attention.layer_norm_rms_epsilon": "Added under the root of RMS norms.",
  ".attention.layer_norm_epsilon": "Added under the root of GPT-2's norms.",
  ".attention.q_lora_rank": "Width of DeepSeek's query latent.",
  ".attention.kv_lora_rank": "Width of DeepSeek's key and value latent.",
  ".attention.key_length_mla": "Size of a key of DeepSeek's heads.",
  ".attention.value_length_mla": "Size of a value of DeepSeek's heads.",
  ".rope.freq_base": "Base of the frequencies; 10 000 where it is missing.",
  ".rope.scaling.factor": "By what positions are divided; a factor without a type is linear.",
  ".rope.scale_linear": "The older name of the factor.",
  ".rope.scaling.original_context_length": "YaRN's original context.",
  ".rope.scaling.yarn_attn_factor": "What multiplies cos and sin under YaRN.",
  ".rope.scaling.yarn_beta_fast": "YaRN's turns above which frequencies are kept.",
  ".rope.scaling.yarn_beta_slow": "YaRN's turns below which frequencies are divided.",
  ".nextn_predict_layers":
    "Layers behind the model's own that draft tokens; counted in block_count.",
  ".expert_count": "Experts of a layer.",
  ".expert_used_count": "Experts that a token has.",
  ".expert_feed_forward_length": "Width of an expert.",
  "general.sampling.temp": "The makers' temperature; generation samples where it is above 0.",
  "general.sampling.top_k":
    "The makers' top-k; 50 where they sample and it is left out, as in the checkpoint of such a file.",
  "general.sampling.top_p": "The makers' top-p.",
  "general.sampling.min_p": "The makers' min-p.",
  "general.sampling.penalty_repeat": "The makers' repetition penalty.",
  "tokenizer.ggml.model":
    "The kind of vocabulary; gpt2, gemma4, whitespace and llama (SentencePiece) are read, text of others is refused.",
  "tokenizer.ggml.tokens": "The vocabulary.",
  "tokenizer.ggml.token_type": "Which tokens are special, added, unknown or bytes.",
  "tokenizer.ggml.scores": "Order of the merges in SentencePiece vocabularies.",
  "tokenizer.ggml.merges": "Order of the merges; SentencePiece vocabularies have none.",
  "tokenizer.ggml.bos_token_id": "Begins a text.",
  "tokenizer.ggml.eos_token_id": "Ends a text.",
  "tokenizer.ggml.eos_token_ids": "All that end a text, and generation.",
  "tokenizer.ggml.eot_token_id": "Ends a turn, and generation.",
  "tokenizer.ggml.eom_token_id": "Ends a message, and generation.",
  "tokenizer.ggml.unknown_token_id": "Stands for what a SentencePiece vocabulary lacks.",
  "tokenizer.ggml.add_bos_token": "Whether a text gets the token that begins it.",
  "tokenizer.ggml.add_eos_token": "Whether a text gets the token that ends it.",
  "tokenizer.ggml.suppress_tokens": "Tokens that are never generated.",
  "tokenizer.chat_template": "How a conversation is written.",
  "tokenizer.chat_template.*": "Other ways, by name.",
};

const IN_PART: Notes = {
  ".attention.key_length": "Size of a head; the rotated dims and the value have to have it, too.",
  ".attention.value_length": "Size of a value; the head's, but for DeepSeek.",
  ".rope.dimension_count": "Rotated dims of a head: all of them, but for DeepSeek and GLM.",
  ".rope.scaling.type": "none, linear or yarn; longrope is refused.",
  ".rope.scaling.attn_factor": "Multiplies cos and sin under YaRN; 1 without it.",
  ".rope.scaling.yarn_ext_factor": "1, or unset by a negative number.",
  ".rope.scaling.yarn_log_multiplier": "DeepSeek's mscale; 0 elsewhere.",
  "tokenizer.ggml.pre":
    "How text is cut before merging; a name that is not known makes text refused.",
  "tokenizer.ggml.add_space_prefix":
    "Whether SentencePiece puts a space before a text; false in vocabularies with merges.",
  "tokenizer.ggml.normalizer.lowercase":
    "Lower case in whitespace vocabularies; elsewhere true is refused, with text.",
};

/** Refused with text; token ids run. */
const REFUSED_TEXT: Notes = {
  "tokenizer.ggml.remove_extra_whitespaces": "Drops spaces; true is refused.",
  "tokenizer.ggml.precompiled_charsmap": "Rewrites characters.",
  "tokenizer.ggml.normalizer.strip_accents": "Of BERT; true is refused.",
};

const NO_EFFECT: Notes = {
  ".vocab_size": "The embedding has a row for each token.",
  ".tensor_data_layout": "The order of Llama's query and key rows, which is always the same.",
  ".rope.scaling.finetuned": "How the model was made.",
  ".pooling_type": "What an embedding would be made of; logits do not pass there.",
  ".expert_shared_feed_forward_length": "Tensors have their sizes.",
  ".embedding_length_out": "Tensors have their sizes.",
  "general.file_type": "What most tensors are; each says it itself.",
  "tokenizer.ggml.add_sep_token": "Where a pair of texts is joined, which is never done.",
  "tokenizer.ggml.token_type_count": "Of BERT.",
  "general.sampling.xtc_threshold": "Of XTC, which is refused.",
  "general.sampling.mirostat_tau": "Of Mirostat, which is refused.",
  "general.sampling.mirostat_eta": "Of Mirostat, which is refused.",
  "general.*": "Names, authors, licences, sources and whatever else people read.",
  "tokenizer.chat_templates": "The names of the other ways.",
  "tokenizer.huggingface.json": "A copy of tokenizer.json that llama.cpp does not read.",
};

const ids = (names: readonly string[], note: string): Notes =>
  Object.fromEntries(names.map((name) => [`tokenizer.ggml.${name}_token_id`, note]));
const NAMED_IDS = {
  ...ids(
    ["seperator", "separator", "padding", "mask", "cls"],
    "Names a token that text never gets.",
  ),
  ...ids(
    [
      "fim_pre",
      "fim_suf",
      "fim_mid",
      "fim_pad",
      "fim_rep",
      "fim_sep",
      "prefix",
      "suffix",
      "middle",
    ],
    "Names a token for filling in; write it out in the text.",
  ),
};

const fields = (fate: Field["fate"], notes: Notes): Field[] =>
  Object.entries(notes).map(([key, note]) => ({ name: spelled(key), fate, note }));

/** Every key of a GGUF file that is known, `{arch}` for the architecture. Of the architecture's own, others are refused. */
export const GGUF_FIELDS: readonly Field[] = [
  ...fields("carried out", CARRIED_OUT),
  ...fields("in part", IN_PART),
  ...fields("refused", REFUSED_TEXT),
  ...REFUSED_FIELDS.map(({ key, note, expected, except }): Field => {
    const fate = expected === undefined ? "refused" : "in part";
    const allowed = expected === undefined ? "" : ` Read where it is ${expected}.`;
    const carried = except === undefined ? "" : ` Carried out for ${except.join(" and ")}.`;
    return { name: spelled(key), fate, note: `${note}${allowed}${carried}` };
  }),
  ...fields("no effect", { ...NO_EFFECT, ...NAMED_IDS }),
];

function spelled(key: string): string {
  return key.startsWith(".") ? `{arch}${key}` : key;
}
