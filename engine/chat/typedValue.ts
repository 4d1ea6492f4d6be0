import { isObject } from "../base/json.ts";
import type { ChatTool } from "../template/chat.ts";

/** What templates write that put a value into text as Python does. */
const PYTHON: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };

/**
 * An argument that a model writes as plain text: strings as they are, everything else as JSON. Which of the two it is, the
 * tool's schema says: what JSON reads as another type than the schema allows is a string.
 * @param tools declared ones; of an undeclared tool or argument everything is allowed
 */
export function typedValue(
  tools: readonly ChatTool[],
  tool: string,
  argument: string,
  text: string,
): unknown {
  const schema = tools.find(({ name }) => name === tool)?.parameters?.properties;
  const allowed = typesOf(isObject(schema) ? schema[argument] : undefined);
  const value = Object.hasOwn(PYTHON, text) && allowed !== null ? PYTHON[text] : parse(text);
  if (typeof value === "string") return text; // its quotes are part of it
  return allowed === null || typesOfValue(value).some((type) => allowed.has(type)) ? value : text;
}

/** Names of JSON Schema's types; null where the schema leaves them open. */
function typesOf(schema: unknown): ReadonlySet<string> | null {
  if (!isObject(schema)) return null;
  const { type, enum: values, const: only } = schema;
  if (typeof type === "string") return new Set([type]);
  if (Array.isArray(type)) return new Set(type.filter((each) => typeof each === "string"));
  if (Array.isArray(values)) return new Set(values.flatMap(typesOfValue));
  if (only !== undefined) return new Set(typesOfValue(only));
  const choices = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(choices)) return null;
  const each = choices.map(typesOf);
  return each.some((types) => types === null)
    ? null
    : new Set(each.flatMap((it) => [...(it ?? [])]));
}

function typesOfValue(value: unknown): string[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  if (typeof value === "number")
    return Number.isInteger(value) ? ["integer", "number"] : ["number"];
  return [typeof value];
}

/** A string that is no JSON stands for itself. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
