import type { Field } from "../base/fields.ts";

/** A field of config.json; `families` where it is so for these alone. */
export interface ConfigField extends Field {
  readonly families?: readonly string[];
}

const MLA = ["deepseek_v2", "deepseek_v3", "deepseek_v32", "glm4_moe_lite", "kimi_k2"];

const WITHOUT_BIASES = [...MLA, "mistral"];

const carried = (name: string, note: string): ConfigField => ({ name, fate: "carried out", note });
const inPart = (name: string, note: string): ConfigField => ({ name, fate: "in part", note });
const refused = (name: string, note: string): ConfigField => ({ name, fate: "refused", note });
const idle = (name: string, note: string): ConfigField => ({ name, fate: "no effect", note });

const SIZES: readonly ConfigField[] = [
  carried("model_type", "Chooses the family."),
  carried("vocab_size", "Rows of the embedding."),
  carried("hidden_size", "Width of the residual stream."),
  carried(
    "intermediate_size",
    "Width of dense feed-forward layers; of experts, where those have no width of their own.",
  ),
  carried("num_hidden_layers", "Layers."),
  carried("num_attention_heads", "Query heads."),
  carried("num_key_value_heads", "Key and value heads; null: as many as query heads."),
  carried("head_dim", "Width of a head; null: hidden_size / num_attention_heads."),
  carried(
    "max_position_embeddings",
    "Context; YaRN and dynamic scaling extend it to what their factor makes.",
  ),
  carried("n_embd", "Width of the residual stream."),
  carried("n_head", "Heads."),
  carried("n_inner", "Width of the feed-forward layers; null: four times n_embd."),
  carried("n_layer", "Layers."),
  carried("n_positions", "Context, rows of the table of positions."),
];

const ATTENTION: readonly ConfigField[] = [
  carried("attention_bias", "Biases of queries, keys, values and the output projection."),
  {
    ...carried("attention_bias", "Biases of queries, keys and values."),
    families: ["glm4_moe"],
  },
  { ...inPart("attention_bias", "Only true."), families: ["gpt_oss"] },
  { ...inPart("attention_bias", "Only false."), families: WITHOUT_BIASES },
  carried("clip_qkv", "Clamps queries, keys and values."),
  carried("sliding_window", "Keys that a query of a sliding layer sees."),
  carried("use_sliding_window", "Without it no layer slides."),
  carried(
    "max_window_layers",
    "Layers before this one do not slide, where layer_types is not given.",
  ),
  carried("no_rope_layers", "1 or 0 for each layer: whether it rotates queries and keys."),
  carried(
    "no_rope_layer_interval",
    "Every how manieth layer does not rotate, where no_rope_layers is not given.",
  ),
  inPart("layer_types", "full_attention and sliding_attention, one entry for each layer."),
  carried("scale_attn_weights", "Scores are divided by the root of a head's width."),
  carried("scale_attn_by_inverse_layer_idx", "Scores of layer i, from 0, are divided by i + 1."),
  inPart("add_cross_attention", "Only false: decoders alone."),
  carried("use_qk_norm", "Every head's query and key are normalised."),
  carried("q_lora_rank", "Width of the compressed query; null: queries are not compressed."),
  carried("kv_lora_rank", "Width of the latent."),
  carried("qk_nope_head_dim", "Dims of a head that are not rotated."),
  carried("qk_rope_head_dim", "Dims of a head that are rotated."),
  carried("v_head_dim", "Width of a head's value."),
  carried("index_topk", "Keys that the indexer keeps."),
  carried("index_head_dim", "Width of the indexer's heads."),
  carried("index_n_heads", "The indexer's heads."),
];

const ROTATION: readonly ConfigField[] = [
  carried(
    "rope_theta",
    "Base of the rotary frequencies, where rope_parameters and rope_scaling name none.",
  ),
  inPart(
    "rope_parameters",
    "Types default, linear, dynamic, llama3 and yarn; one rotation for all layers.",
  ),
  inPart("rope_scaling", "As rope_parameters, which it replaces where both are given."),
  carried(
    "original_max_position_embeddings",
    "The length that llama3 and yarn scale from; counts before the one in rope_parameters.",
  ),
  carried(
    "rope_interleave",
    "Neighbouring dims are rotated together; false: dims half a head apart.",
  ),
  inPart("partial_rotary_factor", "Only 1, except where the family rotates a part of each head."),
];

const FEED_FORWARD: readonly ConfigField[] = [
  inPart("hidden_act", "silu, also called swish."),
  inPart("activation_function", "gelu_new, also called gelu_pytorch_tanh."),
  carried("mlp_bias", "Biases of dense feed-forward layers."),
  { ...inPart("mlp_bias", "Only false."), families: WITHOUT_BIASES },
  carried("num_local_experts", "Experts of a layer; num_experts is another name for it."),
  carried("num_experts", "Experts of a layer; num_local_experts is another name for it."),
  carried("n_routed_experts", "Experts of a layer."),
  carried("n_shared_experts", "Experts that every token goes to; null: none."),
  carried("num_experts_per_tok", "Experts that a token is sent to."),
  carried("moe_intermediate_size", "Width of an expert."),
  carried("norm_topk_prob", "The weights of a token's experts are scaled to sum to 1."),
  {
    ...inPart("norm_topk_prob", "Only false: implementations disagree on what true means here."),
    families: ["deepseek_v2"],
  },
  carried("routed_scaling_factor", "The routed experts' sum is multiplied by it."),
  carried("n_group", "Groups of experts, of which the router keeps some."),
  carried("topk_group", "Groups that are kept."),
  inPart("topk_method", "greedy and group_limited_greedy (V2), noaux_tc (V3 and later)."),
  inPart("scoring_func", "softmax (V2), sigmoid (V3 and later)."),
  carried("first_k_dense_replace", "So many layers from the first are dense."),
  carried("moe_layer_freq", "Experts in every so many layers."),
  carried("mlp_layer_types", "dense or sparse, one entry for each layer."),
  carried("mlp_only_layers", "These layers are dense."),
  carried("decoder_sparse_step", "Experts in every so many layers."),
  inPart("swiglu_limit", "Only 7: implementations do not agree on others."),
];

const REST: readonly ConfigField[] = [
  carried(
    "rms_norm_eps",
    "Added to the mean square in every norm but those of latents, which have their own.",
  ),
  carried("layer_norm_epsilon", "Added to the variance in every norm."),
  carried("tie_word_embeddings", "Where no head is stored, the embedding serves as head."),
  carried(
    "num_nextn_predict_layers",
    "Draft modules; the first is used, if its weights are there. num_mtp_layers is another name for it.",
  ),
  inPart("quantization_config", "See the table of quantised weights below."),
  carried(
    "eos_token_id",
    "Ends a generation where generation_config.json names no end token; then the tokenizer's counts, not the class's default.",
  ),
  carried("bos_token_id", "Stands before a text where the tokenizer's files name no first token."),
  inPart("is_encoder_decoder", "Only false: decoders alone."),
  refused("per_layer_config", "Layers with a config of their own are not supported."),
];

const TRAINING = "Training alone.";
const DEFAULTS_OF_CALLS =
  "What a call returns in Python; here a run captures what it is asked for.";
const NO_EFFECT: readonly ConfigField[] = [
  idle("attention_dropout", TRAINING),
  idle("attn_pdrop", TRAINING),
  idle("embd_pdrop", TRAINING),
  idle("resid_pdrop", TRAINING),
  idle("initializer_range", TRAINING),
  idle("router_aux_loss_coef", TRAINING),
  idle("router_jitter_noise", TRAINING),
  idle("aux_loss_alpha", TRAINING),
  idle("seq_aux", TRAINING),
  idle("output_router_logits", DEFAULTS_OF_CALLS),
  idle("output_hidden_states", DEFAULTS_OF_CALLS),
  idle("output_attentions", DEFAULTS_OF_CALLS),
  idle("return_dict", DEFAULTS_OF_CALLS),
  idle("use_cache", "A run and a generation always keep the cache."),
  idle("pretraining_tp", "Slices of a product that are added up again."),
  idle("ep_size", "How experts are spread over devices."),
  idle("chunk_size_feed_forward", "Cuts a product without changing it; no family here reads it."),
  idle("reorder_and_upcast_attn", "Everything is float32 here."),
  idle("dtype", "What the weights were saved in; each tensor says so itself."),
  idle("torch_dtype", "The older name of dtype."),
  idle("pad_token_id", "Sequences are not padded."),
  idle("architectures", "model_type chooses the family."),
  idle("auto_map", "Python code of the checkpoint is not run."),
  idle("transformers_version", "Who wrote the file."),
  idle("_name_or_path", "Where the file came from."),
  idle("experts_per_token", "gpt-oss repeats num_experts_per_tok under this name."),
  idle(
    "initial_context_length",
    "gpt-oss repeats original_max_position_embeddings under this name.",
  ),
  ...[
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
  ].map((name) => idle(name, "Of the model with two heads.")),
  ...[
    "id2label",
    "label2id",
    "num_labels",
    "problem_type",
    "finetuning_task",
    "task_specific_params",
  ].map((name) => idle(name, "Of classifiers.")),
  {
    ...idle("num_key_value_heads", "One latent serves all heads."),
    families: MLA,
  },
  {
    ...idle("head_dim", "Derived from qk_rope_head_dim."),
    families: ["deepseek_v2", "deepseek_v3", "deepseek_v32", "kimi_k2"],
  },
  { ...inPart("layer_types", "Only indexed_attention."), families: ["deepseek_v32"] },
];

/** Every field of config.json that the supported families know. Those that are not listed change nothing. */
export const CONFIG_FIELDS: readonly ConfigField[] = [
  ...SIZES,
  ...ATTENTION,
  ...ROTATION,
  ...FEED_FORWARD,
  ...REST,
  ...NO_EFFECT,
];

/** What becomes of a field in a family; undefined for a field that is not listed. */
export function configField(name: string, family: string): ConfigField | undefined {
  const named = CONFIG_FIELDS.filter((field) => field.name === name);
  return (
    named.find(({ families }) => families?.includes(family)) ??
    named.find(({ families }) => families === undefined)
  );
}
