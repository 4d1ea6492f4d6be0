import type { HostArray } from "../tensor/tensor.ts";
import type { DraftRecord, TokenRecord } from "../trace/schema.ts";

/** What is needed of a tokenizer to show a token. */
export interface TokenNames {
  tokenText(id: number): string;
  isSpecial(id: number): boolean;
}

/**
 * Tokens with the log probability that the row before gave them.
 * @param logProbs (T) what each row makes of the token behind it
 * @param drafts of the generated tokens, in their order
 */
export function tokenRecords(
  ids: readonly number[],
  nPrompt: number,
  logProbs: HostArray,
  names: TokenNames | null,
  drafts: readonly DraftRecord[] | undefined,
): TokenRecord[] {
  return ids.map((id, index) => ({
    ...draftOf(drafts?.[index - nPrompt]),
    index,
    id,
    text: names?.tokenText(id) ?? `<id ${id}>`,
    special: names?.isSpecial(id) ?? false,
    phase: index < nPrompt ? "prompt" : "generated",
    logprob: index === 0 ? null : (logProbs[index - 1] ?? null),
  }));
}

function draftOf(draft: DraftRecord | undefined): Pick<TokenRecord, "draft"> {
  return draft === undefined ? {} : { draft };
}
