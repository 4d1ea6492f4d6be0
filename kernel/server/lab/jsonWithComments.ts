/** What begins and does not end reaches to the end of the text, so that no place is looked at twice. */
const STRING = String.raw`"(?:\\[\s\S]|[^"\\])*(?:"|$)`;
const COMMENTS = RegExp(String.raw`${STRING}|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n\r]*`, "g");
const LAST_COMMAS = RegExp(String.raw`${STRING}|,(?=\s*[}\]])`, "g");

/**
 * Reads JSON that may hold comments and a comma after the last element, as settings files do. An empty text is `{}`.
 * @throws SyntaxError if what is left is not JSON
 */
export function parseJsonWithComments(text: string): unknown {
  const bare = text.replace(COMMENTS, (token) => (isComment(token) ? " " : token));
  const plain = bare.replace(LAST_COMMAS, (token) => (token === "," ? "" : token));
  return plain.trim() === "" ? {} : (JSON.parse(plain) as unknown);
}

function isComment(token: string): boolean {
  return token.startsWith("//") || (token.length >= 4 && token.endsWith("*/") && token[0] === "/");
}
