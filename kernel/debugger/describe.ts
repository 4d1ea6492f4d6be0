import type { RemoteObject } from "./inspectorClient.ts";

/** Longest text shown of one value, in UTF-16 units. */
const LONGEST = 200;

/** A value of the inspector in one line, as a debugger shows it. */
export function describe(value: RemoteObject): string {
  const { type, subtype, description, preview } = value;
  if (type === "string") return cut(JSON.stringify(value.value));
  if (type === "undefined") return "undefined";
  if (subtype === "null") return "null";
  if (type === "function") return cut(firstLine(description ?? "function"));
  if (type !== "object") return description ?? String(value.value);
  if (preview === undefined || subtype === "error" || subtype === "regexp" || subtype === "date") {
    return cut(firstLine(description ?? "Object"));
  }
  const isList = subtype === "array" || subtype === "typedarray";
  const parts = preview.properties.map((property) => {
    const text = property.type === "string" ? JSON.stringify(property.value) : property.value;
    return isList ? text : `${property.name}: ${text}`;
  });
  const entries = (preview.entries ?? []).map(({ key, value: entry }) =>
    key === undefined ? entry.description : `${key.description} => ${entry.description}`,
  );
  if (preview.overflow) parts.push("…");
  const inside = [...entries, ...parts].join(", ");
  const prefix = description === undefined || description === "Object" ? "" : `${description} `;
  return cut(isList ? `${prefix}[${inside}]` : `${prefix}{${inside}}`);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
