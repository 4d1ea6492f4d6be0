/**
 * Finds tags in text that comes in pieces. What may turn out to begin a tag is held back until it is decided, so that no
 * part of a tag is ever taken for text.
 */
export class TagScanner {
  #held = "";

  push(text: string): void {
    this.#held += text;
  }

  /**
   * The text before the next of these tags, and the tag, both taken out; tag null where none is complete yet. Of tags that
   * begin together the longest counts.
   */
  read(tags: readonly string[]): { readonly text: string; readonly tag: string | null } {
    let at = Number.POSITIVE_INFINITY;
    let found: string | null = null;
    for (const tag of tags) {
      const index = this.#held.indexOf(tag);
      if (index < 0 || index > at) continue;
      if (index < at || tag.length > (found as string).length) found = tag;
      at = index;
    }
    if (found !== null) {
      const text = this.#held.slice(0, at);
      this.#held = this.#held.slice(at + found.length);
      return { text, tag: found };
    }
    const certain = this.#held.length - this.#openLength(tags);
    const text = this.#held.slice(0, certain);
    this.#held = this.#held.slice(certain);
    return { text, tag: null };
  }

  /** Everything held back, when no more will come. */
  flush(): string {
    const text = this.#held;
    this.#held = "";
    return text;
  }

  /** Characters at the end that begin some tag: the most there are. */
  #openLength(tags: readonly string[]): number {
    const longest = Math.max(0, ...tags.map((tag) => tag.length - 1));
    for (let n = Math.min(longest, this.#held.length); n > 0; n--) {
      const end = this.#held.slice(-n);
      if (tags.some((tag) => tag.length > n && tag.startsWith(end))) return n;
    }
    return 0;
  }
}
