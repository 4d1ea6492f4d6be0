import { types } from "node:util";
import { notJson, placeIn, plainJson } from "../protocol/plainJson.ts";
import type { MimeBundle } from "./host.ts";
import { isListOf } from "./isListOf.ts";

const NAME = "MIME bundle";

/**
 * A MIME bundle as it travels and as a notebook keeps it: bytes in base64, text under types of text, JSON under those of JSON.
 * @throws KernelError ERR_NOT_JSON naming the place of what is none of these
 */
export function wireBundle(bundle: unknown): MimeBundle {
  if (typeof bundle !== "object" || bundle === null) {
    const fix = 'Give an object such as { "text/plain": "..." }.';
    throw notJson(NAME, kindOf(bundle), fix, "an object by MIME types");
  }
  const entries = Object.entries(bundle).map(([mime, data]) => [mime, wireForm(mime, data)]);
  return Object.fromEntries(entries.filter(([, data]) => data !== undefined)) as MimeBundle;
}

function wireForm(mime: string, data: unknown): unknown {
  if (types.isUint8Array(data)) return Buffer.from(data).toString("base64");
  const place = placeIn(NAME, [mime]);
  const isText = mime.includes("/") && !/[/+]json\b/i.test(mime);
  if (!isText) return plainJson(data, place);
  const isLines = isListOf(data, (line) => typeof line === "string");
  if (typeof data === "string" || data === undefined || isLines) return data;
  const fix = types.isPromise(data) ? "Await it." : "Write String(value), or give what it returns.";
  throw notJson(place, kindOf(data), fix, "text or bytes");
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "bigint") return `the BigInt ${value}n`;
  if (typeof value === "object") return types.isPromise(value) ? "a Promise" : "an object";
  return typeof value === "number" ? String(value) : `a ${typeof value}`;
}
