import type { JsonObject } from "../weights/checkpoint.ts";
import { componentsOf } from "./components.ts";
import type { TokenizerFiles } from "./tokenizerFiles.ts";

/** The tokens of a model that are not text, and what encoding does with them. */
export interface SpecialTokens {
  readonly ids: ReadonlySet<number>;
  readonly bosId: number | null;
  readonly eosIds: readonly number[];
  /** true and false as tokenizer_config.json says; null where it leaves it to tokenizer.json's post-processor. */
  readonly addBos: boolean | null;
  /** The end token where tokenizer_config.json wants one after every text. */
  readonly appendEosId: number | null;
  /** Variables of chat templates: bos_token, eos_token and the like. */
  readonly texts: Readonly<Record<string, string>>;
}

const NAMES = [
  "bos_token",
  "eos_token",
  "unk_token",
  "pad_token",
  "sep_token",
  "cls_token",
  "mask_token",
];

export function specialTokens(
  files: TokenizerFiles,
  idOf: (token: string) => number | undefined,
): SpecialTokens {
  const config = files.tokenizerConfig ?? {};
  const texts: Record<string, string> = {};
  for (const name of NAMES) {
    const text = textOf(config[name]);
    if (text !== null) texts[name] = text;
  }
  const ids = new Set<number>();
  for (const added of files.tokenizer.added_tokens as JsonObject[])
    if (added.special === true) ids.add(added.id as number);
  for (const text of Object.values(texts)) {
    const id = idOf(text);
    if (id !== undefined) ids.add(id);
  }
  const namedBosId =
    "bos_token" in config ? lookUp(texts.bos_token, idOf) : firstId(files.config?.bos_token_id);
  const bosId = namedBosId ?? lookUp(processorsFirst(files.tokenizer), idOf);
  const ownEosId = lookUp(texts.eos_token, idOf);
  const eosIds =
    idsOf(files.generationConfig?.eos_token_id) ??
    idsOf(files.config?.eos_token_id) ??
    (ownEosId === null ? [] : [ownEosId]);
  return {
    ids,
    bosId,
    eosIds,
    addBos: typeof config.add_bos_token === "boolean" ? config.add_bos_token : null,
    appendEosId: config.add_eos_token === true ? ownEosId : null,
    texts,
  };
}

/** What a post-processor writes before every text: the token that begins a sequence, named or not. */
function processorsFirst(tokenizer: JsonObject): string | undefined {
  for (const { single, cls } of componentsOf(tokenizer.post_processor, "processors")) {
    const part = Array.isArray(single) ? (single[0] as JsonObject | null) : null;
    const token = (part?.SpecialToken as JsonObject | null | undefined)?.id;
    if (typeof token === "string") return token;
    if (Array.isArray(cls) && typeof cls[0] === "string") return cls[0];
  }
  return undefined;
}

function lookUp(
  token: string | undefined,
  idOf: (token: string) => number | undefined,
): number | null {
  return token === undefined ? null : (idOf(token) ?? null);
}

/** A token is written as its text, or as an object that holds it. */
function textOf(token: unknown): string | null {
  if (typeof token === "string") return token;
  const content = (token as JsonObject | null | undefined)?.content;
  return typeof content === "string" ? content : null;
}

function idsOf(value: unknown): number[] | null {
  const list = Array.isArray(value) ? value : [value];
  const ids = list.filter((id): id is number => Number.isSafeInteger(id) && id >= 0);
  return ids.length > 0 ? ids : null;
}

function firstId(value: unknown): number | null {
  return idsOf(value)?.[0] ?? null;
}
