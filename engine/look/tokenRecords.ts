import type { HostArray } from "../tensor/tensor.ts";
import type { DraftRecord, TokenRecord } from "../trace/schema.ts";

/** What is needed of a tokenizer to show a token. */
export interface TokenNames {
  tokenText(id: number): string;
  isSpecial(id: number): boolean;
}

/** Tokens with the log probability that the row before gave them. @param drafts of the generated tokens, in their order */
export function tokenRecords(
  ids: readonly number[],
  nPrompt: number,
  logits: HostArray,
  names: TokenNames | null,
  drafts: readonly DraftRecord[] | undefined,
): TokenRecord[] {
  const nVocab = logits.length / ids.length;
  return ids.map((id, index) => ({
    ...draftOf(drafts?.[index - nPrompt]),
    index,
    id,
    text: names?.tokenText(id) ?? `<id ${id}>`,
    special: names?.isSpecial(id) ?? false,
    phase: index < nPrompt ? "prompt" : "generated",
    logprob:
      index === 0
        ? null
        : logProbability(logits.subarray((index - 1) * nVocab, index * nVocab), id),
  }));
}

function draftOf(draft: DraftRecord | undefined): Pick<TokenRecord, "draft"> {
  return draft === undefined ? {} : { draft };
}

/** ln softmax(logits)[id]. */
function logProbability(logits: HostArray, id: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of logits) if (value > max) max = value;
  let total = 0;
  for (const value of logits) total += Math.exp(value - max);
  return (logits[id] ?? Number.NEGATIVE_INFINITY) - max - Math.log(total);
}
