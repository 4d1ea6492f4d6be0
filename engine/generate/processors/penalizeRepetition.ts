import type { LogitsProcessor } from "./logitsProcessor.ts";

/**
 * Makes every token that stands before less likely, however often it stands there: a logit above 0 is divided by the
 * penalty, one below multiplied.
 * @see arXiv:1909.05858 section 4.1
 */
export function penalizeRepetition(penalty: number): LogitsProcessor {
  return (logits, { ids }) => {
    for (const id of new Set(ids)) {
      const logit = logits[id];
      if (logit !== undefined) logits[id] = logit > 0 ? logit / penalty : logit * penalty;
    }
  };
}
