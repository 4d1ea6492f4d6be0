/** The anchors of one page, as GitHub gives them: a heading whose anchor is taken gets the next number that is free. */
export class Anchors {
  /** How often each one was asked for; those with a number are among them. */
  readonly #uses = new Map<string, number>();

  /** @param html the heading's content */
  next(html: string): string {
    const wanted = anchorOf(html);
    let uses = this.#uses.get(wanted) ?? 0;
    let anchor = wanted;
    for (; this.#uses.has(anchor); uses += 1) anchor = `${wanted}-${uses + 1}`;
    this.#uses.set(wanted, uses);
    if (anchor !== wanted) this.#uses.set(anchor, 0);
    return anchor;
  }
}

const anchorOf = (html: string): string =>
  html
    .toLowerCase()
    .replace(/<[^>]*>|&[^;]+;/g, "")
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
