import { InputError } from "../../base/errors.ts";
import { Dict } from "./containers.ts";
import { PythonObject, type Value } from "./values.ts";

/**
 * A value of JavaScript's as what Python has after JSON: a whole number is an int, a field without value is not there.
 * @throws InputError ERR_CHAT for functions, dates, maps and the like
 */
export function fromJs(value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint")
    return value;
  // What JSON writes without a point or an exponent.
  if (typeof value === "number")
    return Number.isInteger(value) && Math.abs(value) < 1e21 ? BigInt(value) : value;
  if (value instanceof PythonObject) return value;
  if (Array.isArray(value)) return value.map(fromJs);
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  if (typeof value === "object" && kind === "Object") return dictFromJs(value);
  throw new InputError(
    "ERR_CHAT",
    `chat: expected text, numbers, lists and plain objects in a conversation, got a value of the kind ${kind}. Leave it out, or write it as text.`,
  );
}

/** @throws InputError ERR_CHAT */
export function dictFromJs(object: object): Dict {
  return new Dict(
    Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, fromJs(value)]),
  );
}
