/** One token at a time, so that a comment mark inside a string stays text. */
const TOKENS =
  /"(?:\\[\s\S]|[^"\\])*"|\/\*[\s\S]*?\*\/|\/\/[^\n\r]*|,(?=(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n\r]*)*[}\]])/g;

/**
 * Reads JSON that may hold comments and a comma after the last element, as settings files do. An empty text is `{}`.
 * @throws SyntaxError if what is left is not JSON
 */
export function parseJsonWithComments(text: string): unknown {
  const plain = text.replace(TOKENS, (token) =>
    token.startsWith('"') ? token : token === "," ? "" : " ",
  );
  return plain.trim() === "" ? {} : (JSON.parse(plain) as unknown);
}
