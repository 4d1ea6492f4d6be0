import type { AddedToken } from "./addedToken.ts";

/** A piece of a text: an added token, or what stands between them. */
export interface TextPiece {
  readonly text: string;
  readonly token: AddedToken | null;
}

interface Node {
  readonly next: Map<string, Node>;
  token: AddedToken | null;
}

const BEGINS_WITH_WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const ENDS_WITH_WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const SPACE = /^\p{White_Space}$/u;

/**
 * Finds added tokens in a text as the Python library `tokenizers` does: from left to right, of those that begin at one
 * place the longest. What is found and then turned down (a single word within a word, a token to be skipped) is text, and
 * no shorter token is looked for in it.
 */
export class AddedTokenMatcher {
  readonly #root: Node = { next: new Map(), token: null };

  /** @param tokens by the text to look for; of equal texts the first counts */
  constructor(tokens: readonly (readonly [text: string, token: AddedToken])[]) {
    for (const [text, token] of tokens) {
      if (text === "") continue;
      let node = this.#root;
      for (const unit of units(text)) {
        let next = node.next.get(unit);
        if (next === undefined) {
          next = { next: new Map(), token: null };
          node.next.set(unit, next);
        }
        node = next;
      }
      node.token ??= token;
    }
  }

  /** The text in pieces, none of them empty; what a token strips belongs to its piece. */
  split(text: string, skips: (token: AddedToken) => boolean): TextPiece[] {
    const pieces: TextPiece[] = [];
    let done = 0;
    for (const { token, start, end } of this.#matches(text)) {
      if (skips(token) || (token.singleWord && !isAlone(text, start, end))) continue;
      const from = token.lstrip ? Math.max(spacesBegin(text, start), done) : start;
      const to = token.rstrip ? spacesEnd(text, end) : end;
      if (done < from) pieces.push({ text: text.slice(done, from), token: null });
      pieces.push({ text: text.slice(from, to), token });
      done = to;
    }
    if (done < text.length) pieces.push({ text: text.slice(done), token: null });
    return pieces;
  }

  *#matches(text: string): Generator<{ token: AddedToken; start: number; end: number }> {
    for (let start = 0; start < text.length; ) {
      let found: { token: AddedToken; start: number; end: number } | null = null;
      let node = this.#root.next.get(text.charAt(start));
      for (let end = start + 1; node !== undefined; end++) {
        if (node.token !== null) found = { token: node.token, start, end };
        node = node.next.get(text.charAt(end));
      }
      if (found !== null) yield found;
      start = found?.end ?? start + 1;
    }
  }
}

function units(text: string): string[] {
  return text.split("");
}

function isAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 2), start);
  return !ENDS_WITH_WORD.test(before) && !BEGINS_WITH_WORD.test(text.slice(end, end + 2));
}

function spacesBegin(text: string, end: number): number {
  let start = end;
  while (start > 0 && SPACE.test(text.charAt(start - 1))) start--;
  return start;
}

function spacesEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && SPACE.test(text.charAt(end))) end++;
  return end;
}
