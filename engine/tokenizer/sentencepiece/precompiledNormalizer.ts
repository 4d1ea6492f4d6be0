import { ConfigError } from "../../base/errors.ts";
import { parseCharsmap } from "./charsmap.ts";

const utf8 = new TextEncoder();
/** Graphemes of this many bytes or more are replaced character by character only, as in `tokenizers`. */
const LONG_GRAPHEME = 6;

/**
 * The normalizer Precompiled of tokenizer.json: a grapheme is replaced whole where the character map has it, or what it
 * begins with, else character by character.
 * @param charsmap base64, as tokenizer.json holds it
 * @throws ConfigError ERR_TOKENIZER where the bytes are no character map
 */
export function precompiledNormalizer(charsmap: unknown): (text: string) => string {
  if (charsmap === null || charsmap === undefined || charsmap === "") return (given) => given;
  const map = parseCharsmap(bytesOf(charsmap));
  if (map === null) throw wrong(charsmap);
  const replaced = (part: string): string | null => map.shortest(utf8.encode(part))?.text ?? null;
  const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
  return (given) => {
    let out = "";
    for (const { segment } of graphemes.segment(given)) {
      const whole = utf8.encode(segment).length < LONG_GRAPHEME ? replaced(segment) : null;
      out += whole ?? [...segment].map((character) => replaced(character) ?? character).join("");
    }
    return out;
  };
}

function bytesOf(charsmap: unknown): Uint8Array {
  try {
    if (typeof charsmap === "string")
      return Uint8Array.from(atob(charsmap), (character) => character.charCodeAt(0));
  } catch {
    // told below
  }
  throw wrong(charsmap);
}

function wrong(got: unknown): ConfigError {
  const text = JSON.stringify(got);
  return new ConfigError(
    "ERR_TOKENIZER",
    `tokenizer.json: expected precompiled_charsmap to be a character map of SentencePiece in base64, got ${text.length > 60 ? `${text.slice(0, 57)}...` : text}. Download the file again.`,
  );
}
