import { isObject } from "../base/json.ts";

const NUMBER = "$number";
const TEXTS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
};

/** A value as JSON that reads back to the same: numbers that JSON has no text for become { "$number": "-Infinity" }. */
export function toExactJson(value: unknown): unknown {
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { [NUMBER]: Object.is(value, -0) ? "-0" : String(value) };
  if (Array.isArray(value)) return value.map(toExactJson);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([name, item]) => [name, toExactJson(item)]));
}

/** What `toExactJson` was given. */
export function fromExactJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromExactJson);
  if (!isObject(value)) return value;
  const text = value[NUMBER];
  if (typeof text === "string" && Object.hasOwn(TEXTS, text)) return TEXTS[text];
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, fromExactJson(item)]),
  );
}
