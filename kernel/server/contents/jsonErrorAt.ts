/** Where a text stops being JSON, and what stood there. Lines and columns count from 1. */
export interface JsonErrorPlace {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  readonly expected: string;
  readonly got: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = ["true", "false", "null"];
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function matchAt(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** The end of the string that starts at `offset`; `whole` is false if it breaks off there, -1 if none starts. */
function scanString(text: string, offset: number): { end: number; whole: boolean } {
  if (text[offset] !== '"') return { end: -1, whole: false };
  let at = offset + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return { end: at + 1, whole: true };
    if (code === 0x5c) {
      const end = matchAt(ESCAPE, text, at);
      if (end < 0) return { end: at, whole: false };
      at = end;
    } else if (code >= 0x20) at++;
    else return { end: at, whole: false }; // a control character, or NaN past the end
  }
}

/**
 * Finds the first place where a text breaks the grammar of JSON (RFC 8259), or null if it never does. Deep nesting
 * needs no stack. JSON.parse alone names no place for many errors.
 */
export function jsonErrorAt(text: string): JsonErrorPlace | null {
  const closers: ("]" | "}")[] = [];
  let offset = 0;
  let expecting: "value" | "value or ]" | "key or }" | "key" | "colon" | "comma or end" = "value";
  for (;;) {
    offset = matchAt(SPACE, text, offset);
    const character = text[offset];
    const closer = closers.at(-1);
    if (expecting === "comma or end") {
      if (closer === undefined)
        return character === undefined ? null : place(text, offset, "the end of the text");
      if (character === closer) {
        closers.pop();
        offset++;
      } else if (character === ",") {
        expecting = closer === "}" ? "key" : "value";
        offset++;
      } else return place(text, offset, `"," or "${closer}"`);
    } else if (expecting === "colon") {
      if (character !== ":") return place(text, offset, `":"`);
      expecting = "value";
      offset++;
    } else if (expecting === "key" || expecting === "key or }") {
      if (character === "}" && expecting === "key or }") {
        closers.pop();
        offset++;
        expecting = "comma or end";
        continue;
      }
      const string = scanString(text, offset);
      if (!string.whole) {
        return badValue(
          text,
          offset,
          string.end,
          expecting === "key" ? "a property name in double quotes" : `a property name or "}"`,
        );
      }
      offset = string.end;
      expecting = "colon";
    } else if (character === "]" && expecting === "value or ]") {
      closers.pop();
      offset++;
      expecting = "comma or end";
    } else if (character === "{" || character === "[") {
      closers.push(character === "{" ? "}" : "]");
      expecting = character === "{" ? "key or }" : "value or ]";
      offset++;
    } else {
      const word = WORDS.find((candidate) => text.startsWith(candidate, offset));
      const string = scanString(text, offset);
      const end =
        word !== undefined
          ? offset + word.length
          : string.whole
            ? string.end
            : matchAt(NUMBER, text, offset);
      if (end < 0)
        return badValue(
          text,
          offset,
          string.end,
          expecting === "value" ? "a value" : `a value or "]"`,
        );
      offset = end;
      expecting = "comma or end";
    }
  }
}

function badValue(
  text: string,
  offset: number,
  stringEnd: number,
  expected: string,
): JsonErrorPlace {
  if (stringEnd < 0) return place(text, offset, expected);
  return place(text, stringEnd, "the rest of a string in double quotes");
}

function place(text: string, offset: number, expected: string): JsonErrorPlace {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const got =
    offset >= text.length
      ? "the end of the text"
      : JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
  return { offset, line, column: offset - before.lastIndexOf("\n"), expected, got };
}
