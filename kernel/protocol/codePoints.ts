/** Jupyter counts cursor positions in Unicode code points; JavaScript strings count UTF-16 units. */

/** The UTF-16 offset of the `codePoints`-th code point; past the end it is the string's length. */
export function utf16Offset(text: string, codePoints: number): number {
  let offset = 0;
  for (let left = codePoints; left > 0 && offset < text.length; left--) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** How many code points lie before a UTF-16 offset; an offset inside a surrogate pair counts the whole pair. */
export function codePointOffset(text: string, utf16: number): number {
  let count = 0;
  for (let offset = 0; offset < Math.min(utf16, text.length); count++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return count;
}
