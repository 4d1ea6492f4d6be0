import { writeFloat } from "./numbers.ts";
import { PythonObject, type Value } from "./values.ts";

/** `str(value)`: what `{{ value }}` writes. */
export function str(value: Value): string {
  if (typeof value === "string") return value;
  return value instanceof PythonObject ? value.toText() : repr(value);
}

/** `repr(value)`: how a value is written inside a list or a dict. */
export function repr(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return writeFloat(value);
  if (typeof value === "string") return quote(value);
  return Array.isArray(value) ? `[${value.map(repr).join(", ")}]` : value.toRepr();
}

/** A text in single quotes, or in double ones where it holds single ones only; what cannot be printed as its code. */
function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/[\\'"]|[\p{C}\p{Z}]/gu, (character) => {
    if (character === " ") return character;
    if (character === "'" || character === '"')
      return character === mark ? `\\${character}` : character;
    return NAMED[character] ?? escaped(character.codePointAt(0) as number);
  });
  return mark + inner + mark;
}

const NAMED: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escaped(code: number): string {
  const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${letter}${code.toString(16).padStart(width as number, "0")}`;
}
