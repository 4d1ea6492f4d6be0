import { writeFloat } from "./numbers.ts";
import { quote } from "./quote.ts";
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
