import { ConfigError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";

/** How GPT-2 cuts text: contractions, words, numbers, the rest, and white space but for the space before a word. */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/**
 * Spells out what pre-tokenizers imply, so that @huggingface/tokenizers 0.2.0, which reads the patterns of files as the Python
 * library does, cuts as that does where its own code would not: the pattern of ByteLevel and the white space of
 * WhitespaceSplit (JavaScript's lacks U+0085 and has U+FEFF), the words of Metaspace, and what Split does with its matches.
 * A ByteLevel that also puts a space before the text stays as it is, since the space belongs before the cuts.
 * @param part pre_tokenizer of tokenizer.json
 * @throws ConfigError ERR_TOKENIZER for a Split that is inverted in a way that has no such pattern
 */
export function withSpelledOutPatterns(part: unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  const { type, pretokenizers } = part as JsonObject;
  if (type === "Sequence" && Array.isArray(pretokenizers))
    return { ...part, pretokenizers: pretokenizers.map(withSpelledOutPatterns) };
  if (type === "ByteLevel") return byteLevel(part as JsonObject);
  if (type === "Metaspace") return metaspace(part as JsonObject);
  if (type === "WhitespaceSplit") return { ...split(String.raw`\s+`), behavior: "Removed" };
  return type === "Split" ? spelledSplit(part as JsonObject) : part;
}

function byteLevel(part: JsonObject): JsonObject {
  if (part.use_regex === false || part.add_prefix_space !== false) return part;
  return { type: "Sequence", pretokenizers: [split(GPT2), { ...part, use_regex: false }] };
}

/** Every word with the mark before it, unless the text is to stay whole. */
function metaspace(part: JsonObject): JsonObject {
  const { replacement: mark = "▁", add_prefix_space: prefixes } = part;
  const whole = { prepend_scheme: prefixes === false ? "never" : "always", ...part };
  if (part.split === false || typeof mark !== "string" || mark === "") return whole;
  const words = `${quoted(mark)}(?:(?!${quoted(mark)})[\\s\\S])*`;
  return { type: "Sequence", pretokenizers: [whole, split(words)] };
}

function spelledSplit(part: JsonObject): JsonObject {
  const { Regex: regex, String: literal } = part.pattern as JsonObject;
  const pattern = typeof regex === "string" ? regex : quoted(literal as string);
  const rest = `(?:(?!${pattern})[\\s\\S])*`;
  switch (part.behavior) {
    case "MergedWithNext":
      return isolated(part, `(?:${pattern})${rest}`);
    case "MergedWithPrevious":
      return isolated(part, `${rest}(?:${pattern})`);
    case "Contiguous":
      return isolated(part, `(?:${pattern})+`);
    case "Isolated":
      return split(pattern); // inverted or not, every piece stands alone
    default:
      return { ...part, pattern: { Regex: pattern } };
  }
}

function isolated(part: JsonObject, pattern: string): JsonObject {
  if (part.invert === true)
    throw new ConfigError(
      "ERR_TOKENIZER",
      `tokenizer.json: expected a Split that is not inverted, or Isolated or Removed, got an inverted ${part.behavior}. No known tokenizer has one; write the pattern the other way round.`,
    );
  return split(pattern);
}

function split(pattern: string): JsonObject {
  return { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/gu, "\\$&");
}
