/** The tokens before the one that is to be chosen. */
export interface TokensBefore {
  readonly ids: readonly number[];
  /** How many of them are the prompt's; the others were generated. */
  readonly nPrompt: number;
}

/**
 * Changes logits before a token is chosen from them.
 * @param logits (V) natural-log scale, changed in place; -Infinity forbids a token
 */
export type LogitsProcessor = (logits: Float64Array, before: TokensBefore) => void;
