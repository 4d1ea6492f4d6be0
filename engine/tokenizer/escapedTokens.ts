import type { AddedToken } from "./addedToken.ts";

/** Which added tokens are plain text where text is escaped: special ones, and those that look like tags, such as <think>. */
export function isEscaped({ special, content }: AddedToken): boolean {
  return special || /^<\S+>$/u.test(content);
}

/** Matches the texts of such tokens. Global. */
export function escapedPattern(tokens: readonly AddedToken[]): RegExp {
  const texts = tokens.filter(isEscaped).map(({ content }) => content);
  texts.sort((a, b) => b.length - a.length); // the longest that fits counts
  return new RegExp(texts.length > 0 ? texts.map(quoted).join("|") : "(?!)", "gu");
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/gu, "\\$&");
}
