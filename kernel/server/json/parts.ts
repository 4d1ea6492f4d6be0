/** The least that lies in one part, but for the last. */
const PART_CHARACTERS = 512 * 2 ** 10;

/**
 * Texts as bytes, in parts that are not short: neither one string nor one buffer has to hold all of a long document,
 * which a string could not.
 */
export function inParts(texts: Iterable<string>): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let waiting: string[] = [];
  let characters = 0;
  const flush = (): void => {
    if (characters > 0) parts.push(Buffer.from(waiting.join("")));
    [waiting, characters] = [[], 0];
  };
  for (const text of texts) {
    waiting.push(text);
    characters += text.length;
    if (characters >= PART_CHARACTERS) flush();
  }
  flush();
  return parts;
}

/** A text as a string of JSON. Halves of a character come out as escapes that join to it again. */
export function* textJson(text: string): Generator<string> {
  yield '"';
  for (let start = 0; start < text.length; start += PART_CHARACTERS)
    yield JSON.stringify(text.slice(start, start + PART_CHARACTERS)).slice(1, -1);
  yield '"';
}

export function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
