import { type Charsmap, parseCharsmap } from "./charsmap.ts";
import type { SentencePieceModel } from "./sentencePieceModel.ts";

/** Where a piece of a text stands. */
export interface Place {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

export interface SentencePieceRules
  extends Pick<SentencePieceModel, "charsmap" | "addsDummyPrefix" | "removesExtraWhitespace"> {
  /** Is every piece between added tokens a text of its own? */
  readonly splitsTexts: boolean;
}

const SPACE = "▁";
const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * What SentencePiece does to a text before it cuts it: the longest match of the character map at every place; runs of spaces
 * made one, and those at both ends dropped; a space before the text; "▁" for every space.
 * @throws Error where the bytes are no character map
 */
export function sentencePieceNormalizer(
  rules: SentencePieceRules,
): (text: string, place: Place) => string {
  const map = rules.charsmap.length > 0 ? parseCharsmap(rules.charsmap) : null;
  if (rules.charsmap.length > 0 && map === null) throw new Error("a damaged character map");
  const removes = rules.removesExtraWhitespace;
  return (given, place) => {
    const isFirst = rules.splitsTexts || place.isFirst;
    const isLast = rules.splitsTexts || place.isLast;
    const mapped = map === null ? given : replaced(given, map);
    const single = removes ? mapped.replace(/ {2,}/g, " ") : mapped;
    const begun = removes && isFirst ? single.replace(/^ /, "") : single;
    if (begun === "") return "";
    const escaped = `${rules.addsDummyPrefix && isFirst ? " " : ""}${begun}`.replaceAll(" ", SPACE);
    return removes && isLast ? escaped.replace(/▁+$/, "") : escaped;
  };
}

function replaced(given: string, map: Charsmap): string {
  const bytes = utf8.encode(given);
  let out = "";
  let copied = 0;
  for (let at = 0; at < bytes.length; ) {
    const found = map.longest(bytes.subarray(at));
    if (found === null) {
      at += 1;
      while (at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80) at += 1;
      continue;
    }
    out += text.decode(bytes.subarray(copied, at)) + found.text;
    at += found.byteLength;
    copied = at;
  }
  return out + text.decode(bytes.subarray(copied));
}
