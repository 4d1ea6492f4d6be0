import type { Field } from "../base/fields.ts";

const carriedOut = (name: string, note: string): Field => ({ name, fate: "carried out", note });
const inPart = (name: string, note: string): Field => ({ name, fate: "in part", note });
const refused = (name: string, note: string): Field => ({ name, fate: "refused", note });
const noEffect = (name: string, note: string): Field => ({ name, fate: "no effect", note });

const BEAMS = "Only beam search reads it, which num_beams refuses.";
const ASSISTANT =
  "Only drafts read it; they change no token, and the option speculate asks for them.";
const OUTPUT =
  "What transformers gives back beside the tokens; runs have every value of the model.";
const SPEED = "How transformers computes, not what.";

/**
 * Every field of transformers 5.18's GenerationConfig. They count in generation_config.json, in config.json where that file
 * is missing, and in the option `generationConfig`. Fields of other names are ignored, as they are there.
 */
export const GENERATION_CONFIG_FIELDS: readonly Field[] = [
  carriedOut(
    "do_sample",
    "Without it the likeliest token is taken; a temperature passed to the call samples all the same.",
  ),
  carriedOut(
    "temperature",
    "Counts where do_sample is true, 1 where it is left out; 0, which transformers refuses, is greedy.",
  ),
  carriedOut(
    "top_k",
    "0 keeps every token; left out, it is 50 where do_sample is true. A call that samples though the file does not is not cut, unlike in transformers.",
  ),
  inPart("top_p", "From above 0 to 1; 0, which is greedy in transformers, is refused."),
  carriedOut("min_p", "Relative to the likeliest of the tokens that top_k and top_p left."),
  inPart("top_h", "From 0, which keeps every token, to 1; the first of the cut-offs."),
  carriedOut("typical_p", "Behind min_p."),
  carriedOut(
    "epsilon_cutoff",
    "Behind typical_p; 1 and above, which transformers ignores, is refused.",
  ),
  carriedOut(
    "eta_cutoff",
    "The last of the cut-offs; 1 and above, which transformers ignores, is refused.",
  ),
  carriedOut("repetition_penalty", "On the prompt and the text."),
  inPart("sequence_bias", "As a list of [token ids, number] pairs."),
  carriedOut("no_repeat_ngram_size", "In the prompt and the text."),
  carriedOut("bad_words_ids", "End tokens alone are left out of them."),
  carriedOut("suppress_tokens", "At every place of the text."),
  carriedOut(
    "begin_suppress_tokens",
    "At the first place, or behind the token that forced_bos_token_id put there.",
  ),
  carriedOut("min_new_tokens", "No end token before so many others."),
  carriedOut("min_length", "As min_new_tokens, which goes before it, with the prompt counted."),
  carriedOut(
    "max_new_tokens",
    "256 where neither it nor max_length is there (in transformers 20, the prompt counted), and fewer where the context ends.",
  ),
  carriedOut("max_length", "As max_new_tokens, which goes before it, with the prompt counted."),
  carriedOut("forced_bos_token_id", "What follows a prompt of a single token."),
  carriedOut("forced_eos_token_id", "The last of the tokens that may be generated."),
  carriedOut(
    "stop_strings",
    "In the generated text alone; it ends before them. They need the tokenizer.",
  ),
  carriedOut(
    "eos_token_id",
    "One or several ids that end the text; those of config.json or of the tokenizer where it names none, where transformers goes on.",
  ),
  refused("num_beams", "Above 1."),
  refused("num_return_sequences", "Above 1."),
  refused("constraints", "Constrained beam search."),
  refused("force_words_ids", "Constrained beam search."),
  refused("penalty_alpha", "Contrastive search, where it is above 0."),
  refused("dola_layers", "Contrasting layers (DoLa)."),
  refused("guidance_scale", "Classifier-free guidance, where it is not 1."),
  refused("encoder_repetition_penalty", "Where it is not 1."),
  refused("encoder_no_repeat_ngram_size", "Above 0."),
  refused("exponential_decay_length_penalty", "End tokens that grow likelier."),
  refused("token_healing", "It would write the end of the prompt anew."),
  refused("watermarking_config", "A bias that marks the text."),
  refused("max_time", "The text would depend on the machine."),
  refused("is_assistant", "It would end the text at tokens that are uncertain."),
  refused("assistant_ensemble_weight", "It would mix drafts into the distribution."),
  inPart("cache_implementation", "A quantized cache is refused; the others hold the same numbers."),
  noEffect("renormalize_logits", "Adds the same number to all logits at the end."),
  noEffect("remove_invalid_values", "Logits that are no numbers are refused whatever it says."),
  noEffect("num_beam_groups", BEAMS),
  noEffect("diversity_penalty", BEAMS),
  noEffect("early_stopping", BEAMS),
  noEffect("length_penalty", BEAMS),
  noEffect("low_memory", BEAMS),
  noEffect("use_mtp", ASSISTANT),
  noEffect("num_assistant_tokens", ASSISTANT),
  noEffect("num_assistant_tokens_schedule", ASSISTANT),
  noEffect("assistant_confidence_threshold", ASSISTANT),
  noEffect("prompt_lookup_num_tokens", ASSISTANT),
  noEffect("max_matching_ngram_size", ASSISTANT),
  noEffect("assistant_early_exit", ASSISTANT),
  noEffect("assistant_lookbehind", ASSISTANT),
  noEffect("target_lookbehind", ASSISTANT),
  noEffect("speculation_type", ASSISTANT),
  noEffect("pad_token_id", "Fills up shorter texts of a batch; here every text is alone."),
  noEffect(
    "bos_token_id",
    "The tokenizer's files say what a text begins with; generation begins with a prompt.",
  ),
  noEffect("decoder_start_token_id", "Of models with an encoder, which are refused."),
  noEffect("output_attentions", OUTPUT),
  noEffect("output_hidden_states", OUTPUT),
  noEffect("output_scores", OUTPUT),
  noEffect("output_logits", OUTPUT),
  noEffect("return_dict_in_generate", OUTPUT),
  noEffect("use_cache", SPEED),
  noEffect("cache_config", SPEED),
  noEffect("max_cache_len", SPEED),
  noEffect("prefill_chunk_size", SPEED),
  noEffect("compile_config", SPEED),
  noEffect("disable_compile", SPEED),
  noEffect("continuous_batching_config", SPEED),
  noEffect("transformers_version", "Who wrote the file."),
];
