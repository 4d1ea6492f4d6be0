import type { JsonObject } from "../weights/checkpoint.ts";

/** How GPT-2 cuts text: contractions, words, numbers, the rest, and white space but for the space before a word. */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/**
 * Spells out the pattern that a ByteLevel pre-tokenizer implies. @huggingface/tokenizers 0.2.0 reads patterns of files as
 * the Python library does, but runs this one as JavaScript, whose white space lacks U+0085 and has U+FEFF.
 * A ByteLevel that also puts a space before the text stays as it is, since the space belongs before the cuts.
 * @returns tokenizer.json with that pre-tokenizer replaced; the argument where it has none
 */
export function withByteLevelPattern(tokenizer: JsonObject): JsonObject {
  const { pre_tokenizer: before } = tokenizer;
  const after = spelledOut(before);
  return after === before ? tokenizer : { ...tokenizer, pre_tokenizer: after };
}

function spelledOut(part: unknown): unknown {
  if (typeof part !== "object" || part === null) return part;
  const { type, pretokenizers, use_regex: cuts, add_prefix_space: prefixes } = part as JsonObject;
  if (type === "Sequence" && Array.isArray(pretokenizers))
    return { ...part, pretokenizers: pretokenizers.map(spelledOut) };
  if (type !== "ByteLevel" || cuts === false || prefixes !== false) return part;
  const split = { type: "Split", pattern: { Regex: GPT2 }, behavior: "Isolated", invert: false };
  return { type: "Sequence", pretokenizers: [split, { ...part, use_regex: false }] };
}
