import type { JsonObject } from "../base/json.ts";

/** A post-processor that puts a token before or behind every text; null where neither is asked for. */
export function templateProcessor(
  before: string | null,
  after: string | null,
  idOf: (token: string) => number | undefined,
): JsonObject | null {
  const tokens = [before, after].filter((token) => token !== null);
  if (tokens.length === 0) return null;
  const part = (token: string | null) =>
    token === null ? [] : [{ SpecialToken: { id: token, type_id: 0 } }];
  return {
    type: "TemplateProcessing",
    single: [...part(before), { Sequence: { id: "A", type_id: 0 } }, ...part(after)],
    pair: [],
    special_tokens: Object.fromEntries(
      tokens.map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }]),
    ),
  };
}
