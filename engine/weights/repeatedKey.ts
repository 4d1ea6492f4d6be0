/**
 * The first key that stands twice in one object of a JSON text, or null. `JSON.parse` keeps the last of them in
 * silence, which would hide one of two tensors of the same name.
 * @param text valid JSON
 */
export function repeatedKey(text: string): string | null {
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;
  const open: (Set<string> | null)[] = []; // one set of keys per open object, null per open list
  let expectsKey = false;
  for (const [token] of text.matchAll(tokens)) {
    const keys = open.at(-1);
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      expectsKey = token === "{";
    } else if (token === "}" || token === "]") {
      open.pop();
      expectsKey = false;
    } else if (token === ",") {
      expectsKey = keys != null;
    } else if (expectsKey && keys) {
      const key: string = JSON.parse(token);
      if (keys.has(key)) return key;
      keys.add(key);
      expectsKey = false;
    }
  }
  return null;
}
