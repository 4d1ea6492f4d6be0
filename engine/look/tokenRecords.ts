import type { HostArray } from "../tensor/tensor.ts";
import type { TokenRecord } from "../trace/schema.ts";

/** What is needed of a tokenizer to show a token. */
export interface TokenNames {
  tokenText(id: number): string;
  isSpecial(id: number): boolean;
}

/** What is known of a generated token beside its place. */
export type GeneratedNote = Pick<TokenRecord, "draft" | "thinking" | "forced">;

/**
 * Tokens with the log probability that the row before gave them.
 * @param logProbs (T) what each row makes of the token behind it
 * @param generated of the generated tokens, in their order
 */
export function tokenRecords(
  ids: readonly number[],
  nPrompt: number,
  logProbs: HostArray,
  names: TokenNames | null,
  generated: readonly GeneratedNote[] = [],
): TokenRecord[] {
  return ids.map((id, index) => ({
    ...generated[index - nPrompt],
    index,
    id,
    text: names?.tokenText(id) ?? `<id ${id}>`,
    special: names?.isSpecial(id) ?? false,
    phase: index < nPrompt ? "prompt" : "generated",
    logprob: index === 0 ? null : (logProbs[index - 1] ?? null),
  }));
}
