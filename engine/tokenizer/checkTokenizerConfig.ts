import { ConfigError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { componentsOf } from "./components.ts";
import type { TokenizerClass } from "./tokenizerClass.ts";

/**
 * Refuses settings of tokenizer_config.json that would give other tokens and are not carried out.
 * @throws ConfigError ERR_TOKENIZER
 */
export function checkTokenizerConfig(
  config: JsonObject,
  tokenizer: JsonObject,
  name: TokenizerClass,
): void {
  if (config.fix_mistral_regex === true)
    throw refused("fix_mistral_regex", "false or nothing", "true");
  const others = config.fast_tokenizer_files;
  if (Array.isArray(others) && others.some((file) => file !== "tokenizer.json"))
    throw refused("fast_tokenizer_files", "only tokenizer.json", JSON.stringify(others));
  const { add_prefix_space: prefixes } = config;
  if (typeof prefixes !== "boolean" || name === "TokenizersBackend") return;
  const own = prefixesOf(tokenizer);
  if (own === null || own === prefixes) return;
  throw refused("add_prefix_space", `${own}, as tokenizer.json has it`, String(prefixes));
}

/** Does tokenizer.json put a space before the text? Null where nothing in it would. */
function prefixesOf(tokenizer: JsonObject): boolean | null {
  for (const { type } of componentsOf(tokenizer.normalizer, "normalizers"))
    if (type === "Prepend") return true;
  for (const part of componentsOf(tokenizer.pre_tokenizer, "pretokenizers")) {
    if (part.type === "ByteLevel") return part.add_prefix_space === true;
    if (part.type === "Metaspace")
      return part.prepend_scheme !== "never" && part.add_prefix_space !== false;
  }
  return null;
}

function refused(field: string, expected: string, got: string): ConfigError {
  return new ConfigError(
    "ERR_TOKENIZER",
    `tokenizer_config.json: expected ${field} to be ${expected}, got ${got}. Load the tokenizer with transformers' AutoTokenizer and save it with save_pretrained, which writes what it does into tokenizer.json; take the field out then.`,
  );
}
