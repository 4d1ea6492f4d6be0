import type { Field } from "../base/fields.ts";
import { ROLES } from "./addedTokens.ts";

const ROLE = "its token is an added token and special, with the flags it is written with";
const PREPARATION =
  "shapes batches for training and models of other kinds; a prompt here is one whole text";
const CALL = "names files or classes of the Python library; the files are found by their own names";

/**
 * Fields of tokenizer_config.json and special_tokens_map.json that transformers 5.18 knows, and what becomes of each. In
 * special_tokens_map.json the roles and extra_special_tokens mean the same and go before, where it counts.
 */
export const TOKENIZER_CONFIG_FIELDS: readonly Field[] = [
  ...ROLES.map((name) => carriedOut(name, `${ROLE}; chat templates read it by this name.`)),
  ...["eot_token", "fill_token", "middle_token", "prefix_token", "suffix_token"].map((name) =>
    carriedOut(name, `A role of the model's own, as any name that ends in _token: ${ROLE}.`),
  ),
  carriedOut(
    "added_tokens_decoder",
    "Tokens with flags, before those of tokenizer.json; new ones get the next ids in their order.",
  ),
  carriedOut(
    "extra_special_tokens",
    "A list of special tokens, or an object of roles of the model's own.",
  ),
  carriedOut(
    "additional_special_tokens",
    "The older name of extra_special_tokens; counts where that is not there or empty.",
  ),
  carriedOut("model_specific_special_tokens", "An object of roles of the model's own."),
  carriedOut(
    "split_special_tokens",
    "Special tokens that are written out in a text are plain text.",
  ),
  carriedOut(
    "tokenizer_class",
    "Which roles have a token by default, and how vocab.json or tokenizer.model cut text.",
  ),
  carriedOut(
    "chat_template",
    "The templates of conversations, one or several by name; chat_template.jinja goes before.",
  ),
  {
    name: "add_bos_token",
    fate: "carried out",
    note: "Without tokenizer.json every text begins with bos_token; beside one only its post-processor counts, as in transformers 5.",
  },
  {
    name: "add_eos_token",
    fate: "carried out",
    note: "Without tokenizer.json every text ends with eos_token; beside one only its post-processor counts, as in transformers 5.",
  },
  carriedOut("extra_ids", "How many sentinels a T5Tokenizer without tokenizer.json has."),
  {
    name: "add_prefix_space",
    fate: "in part",
    note: "Carried out for vocab.json with merges.txt, and where it is false for tokenizer.model; beside tokenizer.json a value that differs from the file's is refused for classes that would follow it.",
  },
  {
    name: "fix_mistral_regex",
    fate: "refused",
    note: "A value of true cuts text otherwise than tokenizer.json says.",
  },
  {
    name: "fast_tokenizer_files",
    fate: "refused",
    note: "Names beside tokenizer.json, from which the version of the library would choose.",
  },
  noEffect(
    "legacy",
    "Whether a space is put before a text that follows a special token: tokenizer.json says so itself.",
  ),
  noEffect("errors", "How bytes that are no UTF-8 are shown; here always as U+FFFD."),
  noEffect(
    "clean_up_tokenization_spaces",
    "Would take spaces before punctuation out of decoded text; no token changes, and text comes back as it was.",
  ),
  noEffect(
    "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output",
    "As clean_up_tokenization_spaces.",
  ),
  noEffect("trim_offsets", "Where tokens lie in the text, which is not told."),
  noEffect("use_default_system_prompt", "No longer read: templates write the system prompt."),
  noEffect("model_max_length", "What a prompt may be is said by config.json."),
  noEffect("max_len", "The older name of model_max_length."),
  noEffect(
    "response_schema",
    "How replies are taken apart, which this engine knows by the template.",
  ),
  noEffect("response_template", "As response_schema."),
  ...[
    "max_length",
    "max_target_length",
    "stride",
    "truncation",
    "truncation_side",
    "truncation_strategy",
  ].map((name) => noEffect(name, `Cuts texts to a length: ${PREPARATION}.`)),
  ...[
    "padding",
    "padding_side",
    "pad_to_multiple_of",
    "pad_token_type_id",
    "model_input_names",
  ].map((name) => noEffect(name, `Pads: ${PREPARATION}.`)),
  ...[
    "auto_map",
    "backend",
    "device_map",
    "files_loaded",
    "init_inputs",
    "is_local",
    "merges_file",
    "model_type",
  ].map((name) => noEffect(name, `Of loading alone: ${CALL}.`)),
  ...[
    "name_or_path",
    "processor_class",
    "slow_tokenizer_class",
    "special_tokens_map_file",
    "tokenizer_file",
  ].map((name) => noEffect(name, `Of loading alone: ${CALL}.`)),
  ...[
    "transformers_version",
    "type",
    "use_fast",
    "use_source_tokenizer",
    "verbose",
    "vocab_file",
    "normalizers",
  ].map((name) => noEffect(name, `Of loading alone: ${CALL}.`)),
];

function carriedOut(name: string, note: string): Field {
  return { name, fate: "carried out", note: note.charAt(0).toUpperCase() + note.slice(1) };
}

function noEffect(name: string, note: string): Field {
  return { name, fate: "no effect", note };
}
