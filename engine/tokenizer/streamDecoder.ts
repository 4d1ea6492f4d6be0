/**
 * Turns token ids into text as they come, holding back the bytes of a character until it is whole. The pieces joined
 * are the text of all the tokens.
 */
export class StreamDecoder {
  readonly #bytesOf: (id: number) => Uint8Array;
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

  constructor(bytesOf: (id: number) => Uint8Array) {
    this.#bytesOf = bytesOf;
  }

  /** The text that became certain with this token; empty while a character is incomplete. */
  push(id: number): string {
    return this.#utf8.decode(this.#bytesOf(id), { stream: true });
  }

  /** What is left at the end: U+FFFD for a character that never became whole. The decoder can then start anew. */
  flush(): string {
    return this.#utf8.decode();
  }
}
