const NAMED: Readonly<Record<string, string>> = { " ": "·", "\n": "⏎", "\r": "␍", "\t": "⇥" };

/**
 * A token's text with nothing invisible in it: space ·, newline ⏎, tab ⇥, carriage return ␍, and control, format and
 * other blank characters as \xNN or \u{N}. Bytes that are no UTF-8 come as \xNN already.
 */
export function visibleToken(text: string): string {
  if (text === "") return "∅";
  return text.replace(
    /[ \n\r\t]|[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]/gu,
    (c) => NAMED[c] ?? escaped(c.codePointAt(0) ?? 0),
  );
}

/** The same, cut to a number of characters with an ellipsis. */
export function shortToken(text: string, maxLength: number): string {
  const characters = Array.from(visibleToken(text));
  return characters.length <= maxLength
    ? characters.join("")
    : `${characters.slice(0, maxLength - 1).join("")}…`;
}

function escaped(code: number): string {
  const hex = code.toString(16).toUpperCase();
  return code < 256 ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`;
}
