import type { LogitsProcessor, TokensBefore } from "./logitsProcessor.ts";

/** Forbids tokens as long as `applies`; ids beyond the vocabulary are never generated anyway. */
export function forbidTokens(
  ids: readonly number[],
  applies: (before: TokensBefore) => boolean,
): LogitsProcessor {
  return (logits, before) => {
    if (!applies(before)) return;
    for (const id of ids) if (id < logits.length) logits[id] = Number.NEGATIVE_INFINITY;
  };
}
