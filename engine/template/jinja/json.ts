import { Dict, Tuple } from "./containers.ts";
import { writeFloat } from "./numbers.ts";
import { sorted } from "./sorted.ts";
import { PythonError } from "./templateErrors.ts";
import { Markup, textOf, typeName, type Value } from "./values.ts";

export interface JsonStyle {
  /** Text of one step; null for all on one line. */
  readonly indent: string | null;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly sortsKeys: boolean;
  readonly isAscii: boolean;
}

/** A space behind commas and colons: the form in which models saw tool schemas and arguments. */
const PLAIN_JSON: JsonStyle = {
  indent: null,
  itemSeparator: ", ",
  keySeparator: ": ",
  sortsKeys: false,
  isAscii: false,
};

/** As Python's json.dumps. @throws PythonError where a value has no place in JSON */
export function dumpJson(value: Value, style: JsonStyle = PLAIN_JSON, depth = 0): string {
  const scalar = scalarJson(value, style);
  if (scalar !== null) return scalar;
  const inside = (items: string[], open: string, close: string) => {
    if (items.length === 0) return open + close;
    if (style.indent === null) return open + items.join(style.itemSeparator) + close;
    const line = `\n${style.indent.repeat(depth + 1)}`;
    return `${open}${line}${items.join(style.itemSeparator + line)}\n${style.indent.repeat(depth)}${close}`;
  };
  const list = Array.isArray(value) ? value : value instanceof Tuple ? value.items : null;
  if (list !== null)
    return inside(
      list.map((item) => dumpJson(item, style, depth + 1)),
      "[",
      "]",
    );
  if (value instanceof Dict) {
    const entries = style.sortsKeys
      ? sorted(
          value.entries.map((entry) => new Tuple(entry)),
          (entry) => (entry as Tuple).items[0] as Value,
        ).map((entry) => (entry as Tuple).items as [Value, Value])
      : value.entries;
    return inside(
      entries.map(
        ([key, item]) =>
          keyJson(key, style) + style.keySeparator + dumpJson(item, style, depth + 1),
      ),
      "{",
      "}",
    );
  }
  throw new PythonError(`Object of type ${typeName(value)} is not JSON serializable`);
}

function scalarJson(value: Value, { isAscii }: JsonStyle): string | null {
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number")
    return Number.isNaN(value)
      ? "NaN"
      : Number.isFinite(value)
        ? writeFloat(value)
        : value > 0
          ? "Infinity"
          : "-Infinity";
  if (value instanceof Markup) return quote(value.text, isAscii);
  if (typeof value === "string") return quote(value, isAscii);
  return value instanceof Dict ? null : textJson(value, isAscii);
}

function textJson(value: Value, isAscii: boolean): string | null {
  const text = textOf(value);
  return text === null ? null : quote(text, isAscii);
}

function keyJson(key: Value, style: JsonStyle): string {
  if (key instanceof Tuple)
    throw new PythonError("keys must be str, int, float, bool or None, not tuple");
  const json = scalarJson(key, style);
  if (json === null) throw new PythonError(`keys must be str, not ${typeName(key)}`);
  return json.startsWith('"') ? json : `"${json}"`;
}

function quote(text: string, isAscii: boolean): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that JSON escapes
  const escaped = text.replace(/["\\\x00-\x1f]/g, (character) =>
    JSON.stringify(character).slice(1, -1),
  );
  const shown = isAscii
    ? escaped.replace(
        /[\x7f-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      )
    : escaped;
  return `"${shown}"`;
}

/**
 * JSON text as Python reads it: 1.0 stays a float, keys keep their order. The text has to be valid JSON.
 */
export function readJson(text: string): Value {
  let at = 0;
  const token = /\s*("(?:[^"\\]|\\.)*"|[-+.\w]+|[[\]{},:])/gy;
  const next = (): string => {
    token.lastIndex = at;
    const [whole = "", read = ""] = token.exec(text) ?? [];
    at += whole.length;
    return read;
  };
  const until = (close: string, item: (first: string) => void) => {
    for (let first = next(); first !== close; first = next()) if (first !== ",") item(first);
  };
  const value = (first: string): Value => {
    if (first === "[") {
      const list: Value[] = [];
      until("]", (item) => list.push(value(item)));
      return list;
    }
    if (first === "{") {
      const dict = new Dict();
      until("}", (key) => {
        next();
        dict.set(JSON.parse(key) as string, value(next()));
      });
      return dict;
    }
    const scalar = JSON.parse(first) as string | number | boolean | null;
    if (typeof scalar !== "number") return scalar;
    return /^-?\d+$/.test(first) ? BigInt(first) : scalar;
  };
  return value(next());
}
