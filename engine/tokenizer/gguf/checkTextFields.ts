import { GGUF_FIELDS } from "../../weights/gguf/ggufFields.ts";
import type { GgufMetadata } from "../../weights/gguf/ggufMetadata.ts";
import { OTHER_FILE } from "./ggufPreTokenizer.ts";

const LOWERCASE = "normalizer.lowercase";
const KNOWN = new Set(GGUF_FIELDS.map(({ name }) => name));

/**
 * Refuses by name what would make other tokens of a text than are made here.
 * @param merges is the vocabulary one with merges, and not with scores?
 * @param begins does a text begin with the token for that where the file does not say, or "always"?
 * @throws ConfigError ERR_TOKENIZER
 */
export function checkTextFields(
  metadata: GgufMetadata,
  merges: boolean,
  begins: boolean | "always",
): void {
  const refuse = (key: string, expected: string) =>
    metadata.fail(`tokenizer.ggml.${key}`, expected, OTHER_FILE, "ERR_TOKENIZER");
  const isOn = (key: string, byDefault = false) =>
    metadata.boolean(`tokenizer.ggml.${key}`, byDefault);
  const isNamed = (which: string) =>
    !merges || metadata.optionalNumber(`tokenizer.ggml.${which}_token_id`) !== null;
  if ((begins === "always" || isOn("add_bos_token", begins)) && !isNamed("bos"))
    refuse("bos_token_id", "a number, for texts begin with it");
  if (isOn("add_eos_token") && !isNamed("eos"))
    refuse("eos_token_id", "a number, for texts end with it");
  if (merges && isOn("add_space_prefix")) refuse("add_space_prefix", "false");
  const lowers = metadata.get("tokenizer.ggml.model") === "whitespace" ? [] : [LOWERCASE];
  for (const key of ["remove_extra_whitespaces", "normalizer.strip_accents", ...lowers])
    if (isOn(key)) refuse(key, "false");
  if (metadata.get("tokenizer.ggml.precompiled_charsmap") !== undefined)
    refuse("precompiled_charsmap", "absent");
  for (const key of metadata.keys())
    if (key.startsWith("tokenizer.ggml.") && !KNOWN.has(key))
      refuse(key.slice("tokenizer.ggml.".length), "absent, for it is not known here");
}
