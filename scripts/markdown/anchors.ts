/** The anchors of one page, as GitHub gives them: a heading whose text was there before gets a number. */
export class Anchors {
  readonly #uses = new Map<string, number>();

  /** @param html the heading's content */
  next(html: string): string {
    const anchor = anchorOf(html);
    const uses = this.#uses.get(anchor) ?? 0;
    this.#uses.set(anchor, uses + 1);
    return uses === 0 ? anchor : `${anchor}-${uses}`;
  }
}

const anchorOf = (html: string): string =>
  html
    .toLowerCase()
    .replace(/<[^>]*>|&[^;]+;/g, "")
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
