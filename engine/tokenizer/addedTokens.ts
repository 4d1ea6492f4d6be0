import type { JsonObject } from "../base/json.ts";
import type { AddedToken } from "./addedToken.ts";
import { withIdsByToken } from "./idsByToken.ts";
import { CLASS_TOKENS, tokenizerClass } from "./tokenizerClass.ts";
import type { TokenizerFiles } from "./tokenizerFiles.ts";

/** Every token that stands outside of the model's merges, whichever file names it. */
export interface AddedTokens {
  readonly tokens: readonly AddedToken[];
  /** Texts of the tokens that have a role, by the names of the files and of chat templates: bos_token and the like. */
  readonly named: ReadonlyMap<string, string>;
}

/** A token as a file writes it, before it has an id here. */
type Written = Omit<AddedToken, "id">;

/** The roles every tokenizer can have, in the order in which transformers adds their tokens. */
export const ROLES = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
];

/**
 * Added tokens of all files, with the precedence of transformers 5.18: what tokenizer_config.json's added_tokens_decoder says
 * of a token goes before tokenizer.json; only without one do special_tokens_map.json (before tokenizer_config.json) and
 * added_tokens.json count (after tokenizer.json). What is in none of the vocabularies gets the next id, whatever the id
 * it is written with.
 */
export function addedTokens(files: TokenizerFiles): AddedTokens {
  const config = files.tokenizerConfig ?? {};
  const added = new Registry(withIdsByToken(files.tokenizer));
  const decoder = isObject(config.added_tokens_decoder) ? config.added_tokens_decoder : null;
  const said = decoder === null ? overruled(config, files.specialTokensMap ?? {}) : config;
  const roles = rolesOf(said);
  if (decoder !== null) for (const token of byId(decoder)) added.put(token);
  else for (const token of legacyTokens(files, said, roles)) added.put(token);
  for (const token of roles.values()) added.putNew(token);
  for (const token of extraTokens(said)) added.putNew(token);
  const named = new Map(Object.entries(files.roles ?? {}));
  for (const [role, { content }] of roles) named.set(role, content);
  const defaults = files.roles ? {} : CLASS_TOKENS[tokenizerClass(files.config, config)];
  for (const [role, content] of Object.entries(defaults))
    if (!Object.hasOwn(said, role) && added.has(content)) {
      named.set(role, content);
      added.putNew(plain(content, true));
    }
  return { tokens: added.tokens(), named };
}

/** Tokens by id, as the Python library keeps them: who adds a token again changes what it is, not its id. */
class Registry {
  readonly #vocabulary: Vocabulary;
  readonly #byId = new Map<number, AddedToken>();
  readonly #ids = new Map<string, number>();

  constructor(tokenizer: JsonObject) {
    this.#vocabulary = vocabularyOf(tokenizer);
    for (const json of tokenizer.added_tokens as JsonObject[]) {
      const token = written(json, json.special === true);
      if (token !== null) this.#set(json.id as number, token);
    }
  }

  has(content: string): boolean {
    return this.#idOf(content) !== undefined;
  }

  put(token: Written): void {
    if (token.content !== "") this.#set(this.#idOf(token.content) ?? this.#nextId(), token);
  }

  putNew(token: Written): void {
    if (!this.#ids.has(token.content)) this.put(token);
  }

  tokens(): readonly AddedToken[] {
    return [...this.#byId.values()].sort((a, b) => a.id - b.id);
  }

  #idOf(content: string): number | undefined {
    return this.#ids.get(content) ?? this.#vocabulary.idOf(content);
  }

  #set(id: number, token: Written): void {
    this.#byId.set(id, { ...token, id });
    this.#ids.set(token.content, id);
  }

  #nextId(): number {
    let next = this.#vocabulary.size;
    for (const id of this.#byId.keys()) next = Math.max(next, id + 1);
    return next;
  }
}

interface Vocabulary {
  readonly size: number;
  idOf(token: string): number | undefined;
}

function vocabularyOf({ model }: JsonObject): Vocabulary {
  const { vocab } = model as { vocab: Map<string, number> | [string, number][] };
  const ids = Array.isArray(vocab) ? new Map(vocab.map(([token], id) => [token, id])) : vocab;
  return {
    size: Array.isArray(vocab) ? vocab.length : vocab.size,
    idOf: (token) => ids.get(token),
  };
}

/** What tokenizer_config.json says where a special_tokens_map.json stands beside it, which goes before it. */
function overruled(config: JsonObject, map: JsonObject): JsonObject {
  const { additional_special_tokens: older, ...rest } = config;
  const extra = isFull(config.extra_special_tokens) ? config.extra_special_tokens : older;
  const said = { ...rest, ...(extra !== undefined && { extra_special_tokens: extra }), ...map };
  const ofMap = map.extra_special_tokens;
  if (!Array.isArray(ofMap) || !Array.isArray(extra)) return said;
  return { ...said, extra_special_tokens: [...extra, ...ofMap] };
}

/** Roles and their tokens: those every tokenizer has, then those of the model's own, such as image_token. */
function rolesOf(said: JsonObject): ReadonlyMap<string, Written> {
  const { extra_special_tokens: extra, model_specific_special_tokens: specific } = said;
  const ofModel = { ...(isObject(specific) && specific), ...(isObject(extra) && extra) };
  const others = Object.keys(said).filter((key) => key.endsWith("_token") && !ROLES.includes(key));
  const values: JsonObject = { ...said, ...ofModel };
  const roles = new Map<string, Written>();
  for (const role of [...ROLES, ...others, ...Object.keys(ofModel)]) {
    const token = written(values[role], true);
    if (token !== null) roles.set(role, { ...token, special: true });
  }
  return roles;
}

function extraTokens(said: JsonObject): Written[] {
  const { extra_special_tokens: extra, additional_special_tokens: older } = said;
  const list = Array.isArray(extra) ? extra : extra === undefined ? older : [];
  return (Array.isArray(list) ? list : [])
    .map((token) => written(token, !isObject(token) || token.__type === undefined))
    .filter((token) => token !== null);
}

/** What added_tokens.json lists, but for ids that tokenizer.json gives to tokens of its own. */
function legacyTokens(
  { tokenizer, addedTokens: ids = {} }: TokenizerFiles,
  { extra_special_tokens: extra }: JsonObject,
  roles: ReadonlyMap<string, Written>,
): Written[] {
  const special = new Set(ROLES.map((role) => roles.get(role)?.content));
  for (const token of Array.isArray(extra) ? extra : []) special.add(written(token, true)?.content);
  const own = new Set((tokenizer.added_tokens as JsonObject[]).map(({ id }) => id));
  return Object.entries(ids)
    .filter(
      (entry): entry is [string, number] => typeof entry[1] === "number" && !own.has(entry[1]),
    )
    .sort(([, a], [, b]) => a - b)
    .map(([content]) => plain(content, special.has(content)));
}

function byId(decoder: JsonObject): Written[] {
  return Object.entries(decoder)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, token]) => written(token, false))
    .filter((token) => token !== null);
}

/** @param isSpecial where the token itself does not say */
function written(value: unknown, isSpecial: boolean): Written | null {
  if (typeof value === "string") return plain(value, isSpecial);
  if (!isObject(value) || typeof value.content !== "string") return null;
  const special = typeof value.special === "boolean" ? value.special : isSpecial;
  return {
    content: value.content,
    singleWord: value.single_word === true,
    lstrip: value.lstrip === true,
    rstrip: value.rstrip === true,
    normalized: typeof value.normalized === "boolean" ? value.normalized : !special,
    special,
  };
}

function plain(content: string, special: boolean): Written {
  const strips = { singleWord: false, lstrip: false, rstrip: false };
  return { content, ...strips, normalized: !special, special };
}

function isFull(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
