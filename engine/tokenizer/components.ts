import type { JsonObject } from "../base/json.ts";

/**
 * The parts of a normalizer, pre-tokenizer, post-processor or decoder of tokenizer.json, sequences laid flat.
 * @param key under which a Sequence holds its parts, e.g. "decoders"
 */
export function componentsOf(component: unknown, key: string): JsonObject[] {
  if (typeof component !== "object" || component === null) return [];
  const object = component as JsonObject;
  const parts = object[key];
  if (object.type !== "Sequence" || !Array.isArray(parts)) return [object];
  return parts.flatMap((part) => componentsOf(part, key));
}
