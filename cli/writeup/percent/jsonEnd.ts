/** Where the JSON value ends that begins at `start`: behind its last bracket or quote, or before the next space. */
export function jsonEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const character = text[at] as string;
    if (character === '"') at = stringEnd(text, at);
    else {
      if (depth === 0 && /\s/.test(character)) return at;
      if (character === "{" || character === "[") depth++;
      if (character === "}" || character === "]") depth--;
      at++;
    }
    if (depth === 0 && (character === '"' || character === "}" || character === "]")) return at;
  }
  return at;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
