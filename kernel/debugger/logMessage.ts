/** A piece of a log message: text, or an expression whose value stands there. */
type LogPart = { readonly text: string } | { readonly expression: string };

/** `total is {total}` taken apart; a brace without its other half is text. */
export function parseLogMessage(message: string): LogPart[] {
  const parts: LogPart[] = [];
  let text = "";
  for (let at = 0; at < message.length; ) {
    const end = message[at] === "{" ? closingBrace(message, at) : -1;
    const expression = message.slice(at + 1, end).trim();
    if (end < 0 || expression === "") {
      text += message[at++];
      continue;
    }
    if (text !== "") parts.push({ text });
    parts.push({ expression });
    text = "";
    at = end + 1;
  }
  return text === "" ? parts : [...parts, { text }];
}

function closingBrace(message: string, open: number): number {
  let depth = 0;
  for (let at = open; at < message.length; at++) {
    if (message[at] === "{") depth++;
    else if (message[at] === "}" && --depth === 0) return at;
  }
  return -1;
}
