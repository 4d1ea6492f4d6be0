import type { HostArray } from "../tensor/tensor.ts";
import type { TokenRecord } from "../trace/schema.ts";

/** What is needed of a tokenizer to show a token. */
export interface TokenNames {
  tokenText(id: number): string;
  isSpecial(id: number): boolean;
}

/** Tokens [start, end). */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

/** What is known of a generated token beside its place. */
export type GeneratedNote = Pick<TokenRecord, "draft" | "thinking" | "forced">;

/** What a run knows of its tokens. */
interface ScoredTokens {
  readonly nPrompt: number;
  /** (T) what each row makes of the token behind it. */
  readonly logProbs: HostArray;
  /** The first token that has a log probability. */
  readonly firstScored: number;
}

/**
 * Tokens with the log probability that the row before gave them, where it is known.
 * @param generated of the generated tokens, in their order
 * @param calls of tools, ascending
 */
export function tokenRecords(
  ids: readonly number[],
  { nPrompt, logProbs, firstScored }: ScoredTokens,
  names: TokenNames | null,
  generated: readonly GeneratedNote[] = [],
  calls: readonly TokenSpan[] = [],
): TokenRecord[] {
  const callOf = new Map<number, number>();
  for (const [call, { start, end }] of calls.entries())
    for (let index = start; index < end; index++) callOf.set(index, call);
  const partOf = (index: number): Pick<TokenRecord, "toolCall"> => {
    const toolCall = callOf.get(index);
    return toolCall === undefined ? {} : { toolCall };
  };
  return ids.map((id, index) => ({
    ...generated[index - nPrompt],
    index,
    id,
    text: names?.tokenText(id) ?? `<id ${id}>`,
    special: names?.isSpecial(id) ?? false,
    phase: index < nPrompt ? "prompt" : "generated",
    logprob: index < firstScored ? null : (logProbs[index - 1] ?? null),
    ...partOf(index),
  }));
}
