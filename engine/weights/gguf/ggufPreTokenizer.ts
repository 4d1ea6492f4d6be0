import { ConfigError } from "../../errors.ts";
import type { JsonObject } from "../checkpoint.ts";
import type { GgufMetadata } from "./ggufMetadata.ts";

/** How a byte-level tokenizer prepares a text, in the form of tokenizer.json. */
export interface Preparation {
  readonly preTokenizer: JsonObject;
  readonly normalizer: JsonObject | null;
  /** Does a piece that is a token as it stands stay whole, whatever the merges say? */
  readonly ignoresMerges: boolean;
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const QWEN2 = String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const LLAMA3 = QWEN2.replace(String.raw`|\p{N}|`, String.raw`|\p{N}{1,3}|`);
const UPPER = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LOWER = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const GPT4O = String.raw`[^\r\n\p{L}\p{N}]?${UPPER}*${LOWER}+${CONTRACTIONS}?|[^\r\n\p{L}\p{N}]?${UPPER}+${LOWER}*${CONTRACTIONS}?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const DEEPSEEK_V3 = [
  String.raw`\p{N}{1,3}`,
  "[一-龥\u3040-ゟ゠-ヿ]+",
  String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
];

/** Letters of the scripts that have two cases, as DeepSeek's file spells them out. */
const CASED =
  "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u1f7dᾀ-ᾴᾶ-ᾼ\u1fbeῂ-ῄῆ-ῌ" +
  "ῐ-\u1fd3ῖ-\u1fdbῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212a-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟" +
  "𞤀-𞥃";
const DEEPSEEK_LLM = [
  "[\r\n]",
  String.raw`\s?[${CASED}]+`,
  String.raw`\s?[!-/:-~！-／：-～‘-‟　-。]+`,
  String.raw`\s+$`,
  "[一-龥ࠀ-一가-퟿]+",
  String.raw`\p{N}`,
];

const split = (pattern: string): JsonObject => ({
  type: "Split",
  pattern: { Regex: pattern },
  behavior: "Isolated",
  invert: false,
});
const byteLevel = (cuts: boolean): JsonObject => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: cuts,
});
const cutBy = (...patterns: readonly string[]): JsonObject => ({
  type: "Sequence",
  pretokenizers: [...patterns.map(split), byteLevel(false)],
});
const prepared = (
  preTokenizer: JsonObject,
  { nfc = false, ignoresMerges = false } = {},
): Preparation => ({ preTokenizer, normalizer: nfc ? { type: "NFC" } : null, ignoresMerges });

/** By llama.cpp's names; normalizers are those of the tokenizer.json that each name stands for. */
const BY_NAME: Readonly<Record<string, Preparation>> = {
  "deepseek-llm": prepared(cutBy(...DEEPSEEK_LLM)),
  "deepseek-v3": prepared(cutBy(...DEEPSEEK_V3)),
  "deepseek-r1-qwen": prepared(cutBy(QWEN2), { nfc: true }),
  qwen2: prepared(cutBy(QWEN2), { nfc: true }),
  "llama-bpe": prepared(cutBy(LLAMA3), { ignoresMerges: true }),
  "gpt-4o": prepared(cutBy(GPT4O), { ignoresMerges: true }),
  "gpt-2": prepared(byteLevel(true)),
  olmo: prepared(byteLevel(true), { nfc: true }),
};

/** @throws ConfigError ERR_TOKENIZER for a name that is not known */
export function preTokenizer(metadata: GgufMetadata): Preparation {
  const name = metadata.string("tokenizer.ggml.pre", "default");
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (known === undefined)
    throw new ConfigError(
      "ERR_TOKENIZER",
      `GGUF: expected tokenizer.ggml.pre to be one of ${Object.keys(BY_NAME).join(", ")}, got ${JSON.stringify(name)}. Use the safetensors checkpoint of this model.`,
    );
  return known;
}
