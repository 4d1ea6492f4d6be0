/**
 * Watches a stream of text pieces for stop strings, holding back pieces that may turn out to begin one.
 * The pieces keep their number: one goes in for each token, one comes out for each token.
 */
export class StopStrings {
  readonly #stops: readonly string[];
  #held: string[] = [];

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== "");
  }

  /** Pieces that are now certain, in order, cut off before a stop string if one was completed. */
  push(piece: string): { readonly pieces: string[]; readonly stopped: boolean } {
    this.#held.push(piece);
    const text = this.#held.join("");
    const found = this.#stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (found.length > 0) return { pieces: this.#release(Math.min(...found)), stopped: true };
    let certain = text.length - this.#openLength(text);
    const pieces: string[] = [];
    while (this.#held.length > 0 && (this.#held[0] ?? "").length <= certain) {
      const next = this.#held.shift() ?? "";
      certain -= next.length;
      pieces.push(next);
    }
    return { pieces, stopped: false };
  }

  /** Everything held back, when no more will come. */
  flush(): string[] {
    return this.#release(Number.POSITIVE_INFINITY);
  }

  #release(length: number): string[] {
    let left = length;
    const pieces = this.#held.map((piece) => {
      const kept = piece.slice(0, Math.max(0, left));
      left -= piece.length;
      return kept;
    });
    this.#held = [];
    return pieces;
  }

  /** Characters at the end of the text that begin some stop string. */
  #openLength(text: string): number {
    const longest = Math.max(0, ...this.#stops.map((stop) => stop.length - 1));
    for (let n = Math.min(longest, text.length); n > 0; n--)
      if (this.#stops.some((stop) => stop.length > n && stop.startsWith(text.slice(-n)))) return n;
    return 0;
  }
}
