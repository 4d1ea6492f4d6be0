import { text } from "./arguments.ts";
import { Tuple } from "./containers.ts";
import { dumpJson } from "./json.ts";
import { PythonError } from "./templateErrors.ts";
import { isTrue, textOf, type Value } from "./values.ts";

/** `tojson` as transformers sets it up: json.dumps, with nothing escaped for HTML. */
export function jsonFilter(
  value: Value,
  isAscii: Value = false,
  indent: Value = null,
  separators: Value = null,
  sortsKeys: Value = false,
): string {
  const [itemSeparator, keySeparator] = separatorsOf(separators, indent !== null);
  return dumpJson(value, {
    indent: indentOf(indent),
    itemSeparator,
    keySeparator,
    sortsKeys: isTrue(sortsKeys),
    isAscii: isTrue(isAscii),
  });
}

function separatorsOf(given: Value, isIndented: boolean): readonly [string, string] {
  if (given === null) return [isIndented ? "," : ", ", ": "];
  const items = Array.isArray(given) ? given : given instanceof Tuple ? given.items : [];
  const [item, key] = items;
  if (items.length !== 2 || item === undefined || key === undefined)
    throw new PythonError("separators of tojson are no pair");
  return [text(item), text(key)];
}

function indentOf(indent: Value): string | null {
  if (indent === null) return null;
  const written = textOf(indent);
  if (written !== null) return written;
  if (typeof indent !== "bigint" && typeof indent !== "boolean")
    throw new PythonError("indent of tojson is neither a number nor a text");
  return " ".repeat(Math.max(0, Number(indent)));
}
