import { ConfigError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { componentsOf } from "./components.ts";

/** Far above any vocabulary; keeps a damaged id from asking for a table of billions. */
const MAX_ID = 16_777_215;

/**
 * Refuses a tokenizer.json, with its ids by token (idsByToken.ts), whose vocabulary, merges or added tokens are not what the format says, before anything is
 * built from them.
 * @throws ConfigError ERR_TOKENIZER
 */
export function checkTokenizerJson(json: JsonObject): void {
  if (!isObject(json)) throw wrong("a JSON object", json);
  const { model, added_tokens: added } = json;
  if (!isObject(model)) throw wrong("model to be an object", model);
  checkVocabulary(model.vocab);
  if (model.merges !== undefined && !(Array.isArray(model.merges) && model.merges.every(isMerge)))
    throw wrong("model.merges to be a list of pairs", "something else in it");
  if (!Array.isArray(added)) throw wrong("added_tokens to be a list", added);
  for (const token of added)
    if (
      !isObject(token) ||
      !isId(token.id) ||
      typeof token.content !== "string" ||
      token.content === ""
    )
      throw wrong("every added token to have an id and a content", token);
  const splitters = componentsOf(json.pre_tokenizer, "pretokenizers");
  for (const part of [...splitters, ...componentsOf(json.normalizer, "normalizers")])
    if ((part.type === "Replace" || part.type === "Split") && !isPattern(part.pattern))
      throw wrong(`the pattern of ${part.type} to be a String or a Regex`, part.pattern);
  for (const part of splitters)
    if (part.type === "FixedLength" && !(isId(part.length) && part.length > 0))
      throw wrong("the length of FixedLength to be at least 1", part.length);
}

function checkVocabulary(vocab: unknown): void {
  if (Array.isArray(vocab)) {
    const entry = vocab.find(
      (pair) => !Array.isArray(pair) || typeof pair[0] !== "string" || typeof pair[1] !== "number",
    );
    if (entry !== undefined || vocab.length > MAX_ID)
      throw wrong("model.vocab to be a list of [token, score]", entry);
  } else if (vocab instanceof Map) {
    for (const entry of vocab)
      if (!isId(entry[1])) throw wrong("every id in model.vocab to be a whole number", entry);
  } else throw wrong("model.vocab to be an object or a list", vocab);
}

function isMerge(merge: unknown): boolean {
  if (typeof merge === "string") return merge.includes(" ");
  return (
    Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === "string")
  );
}

function isPattern(pattern: unknown): boolean {
  return (
    isObject(pattern) && [pattern.String, pattern.Regex].some((text) => typeof text === "string")
  );
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ID;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(expected: string, got: unknown): ConfigError {
  const text = JSON.stringify(got) ?? "nothing";
  return new ConfigError(
    "ERR_TOKENIZER",
    `tokenizer.json: expected ${expected}, got ${text.length > 80 ? `${text.slice(0, 77)}...` : text}. Download the file again.`,
  );
}
