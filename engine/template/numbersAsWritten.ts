import type { JsonObject } from "../base/json.ts";
import { Dict } from "./jinja/containers.ts";
import { dictFromJs, fromJs } from "./jinja/fromJs.ts";
import { readJson } from "./jinja/json.ts";
import type { Value } from "./jinja/values.ts";

/**
 * Arguments of a call as Python has them. Their JSON text, where it is known, says what JavaScript cannot: that 1.0 is a
 * float, the last digits of a large whole number, and the order of keys that are numbers.
 * @param json text that the values came from
 */
export function numbersAsWritten(values: JsonObject, json: string | undefined): Dict {
  const read = json === undefined ? null : parsed(json);
  return read instanceof Dict ? (merged(values, read) as Dict) : dictFromJs(values);
}

function parsed(json: string): Value {
  try {
    JSON.parse(json);
  } catch {
    return null;
  }
  return readJson(json);
}

/** The texts of the values, which may be marked, and the numbers of what was read. */
function merged(value: unknown, read: Value): Value {
  if (typeof value === "number")
    return (typeof read === "bigint" || typeof read === "number") && Number(read) === value
      ? read
      : fromJs(value);
  if (Array.isArray(value) && Array.isArray(read) && value.length === read.length)
    return value.map((item, i) => merged(item, read[i] as Value));
  if (typeof value !== "object" || value === null || !(read instanceof Dict)) return fromJs(value);
  const object = value as JsonObject;
  const hasSameKeys =
    Object.keys(object).length === read.length &&
    read.keys.every((key) => Object.hasOwn(object, key as string));
  if (!hasSameKeys) return fromJs(value);
  return new Dict(read.entries.map(([key, item]) => [key, merged(object[key as string], item)]));
}
