import type { JsonObject } from "../base/json.ts";
import type { AddedTokens } from "./addedTokens.ts";
import { componentsOf } from "./components.ts";
import type { TokenizerFiles } from "./tokenizerFiles.ts";

/** The tokens of a model that are not text. */
export interface SpecialTokens {
  readonly ids: ReadonlySet<number>;
  readonly bosId: number | null;
  readonly eosIds: readonly number[];
  /** Variables of chat templates: bos_token, eos_token and the like. */
  readonly texts: Readonly<Record<string, string>>;
}

export function specialTokens(
  files: TokenizerFiles,
  { tokens, named }: AddedTokens,
  idOf: (token: string) => number | undefined,
): SpecialTokens {
  const ids = new Set(tokens.filter(({ special }) => special).map(({ id }) => id));
  for (const text of named.values()) {
    const id = idOf(text);
    if (id !== undefined) ids.add(id);
  }
  const isNamed = [files.tokenizerConfig, files.specialTokensMap, files.roles].some(
    (file) => file !== undefined && "bos_token" in file,
  );
  const namedBosId = isNamed
    ? lookUp(named.get("bos_token"), idOf)
    : firstId(files.config?.bos_token_id);
  const bosId = namedBosId ?? lookUp(processorsFirst(files.tokenizer), idOf);
  const ownEosId = lookUp(named.get("eos_token"), idOf);
  const eosIds =
    idsOf(files.generationConfig?.eos_token_id) ??
    idsOf(files.config?.eos_token_id) ??
    (ownEosId === null ? [] : [ownEosId]);
  return { ids, bosId, eosIds, texts: Object.fromEntries(named) };
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

function idsOf(value: unknown): number[] | null {
  const list = Array.isArray(value) ? value : [value];
  const ids = list.filter((id): id is number => Number.isSafeInteger(id) && id >= 0);
  return ids.length > 0 ? ids : null;
}

function firstId(value: unknown): number | null {
  return idsOf(value)?.[0] ?? null;
}
