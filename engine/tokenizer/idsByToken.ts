import { isObject, type JsonObject } from "../base/json.ts";

/**
 * A tokenizer.json with the ids of its vocabulary in a Map, where the file has an object: to list the 150,000 keys of an object takes V8
 * longer than to make a Map of them, and several parts of a tokenizer read them all.
 */
export function withIdsByToken(tokenizer: JsonObject): JsonObject {
  const model = isObject(tokenizer) ? tokenizer.model : null;
  const vocab = isObject(model) ? model.vocab : null;
  if (!isObject(vocab) || vocab instanceof Map) return tokenizer;
  const ids = new Map<string, unknown>();
  for (const token of Object.keys(vocab)) ids.set(token, vocab[token]);
  return { ...tokenizer, model: { ...(model as JsonObject), vocab: ids } };
}
