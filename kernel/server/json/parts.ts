/** The least that lies in one part, but for the last. */
const PART_CHARACTERS = 512 * 2 ** 10;

/**
 * Gathers texts as bytes, in parts that are not short: neither one string nor one buffer has to hold all of a long
 * document, which a string could not.
 */
export class PartWriter {
  readonly #parts: Uint8Array[] = [];
  #text = "";

  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= PART_CHARACTERS) this.#flush();
  }

  /** All that was written. */
  parts(): Uint8Array[] {
    if (this.#text !== "") this.#flush();
    return this.#parts;
  }

  #flush(): void {
    this.#parts.push(Buffer.from(this.#text));
    this.#text = "";
  }
}

export function inParts(texts: Iterable<string>): Uint8Array[] {
  const writer = new PartWriter();
  for (const text of texts) writer.write(text);
  return writer.parts();
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
