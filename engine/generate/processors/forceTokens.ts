import { InputError } from "../../base/errors.ts";
import type { LogitsProcessor, TokensBefore } from "./logitsProcessor.ts";

/**
 * Where it `applies`, these tokens are equally likely and all others forbidden.
 * @param option for the message
 * @throws InputError ERR_SAMPLING, when it applies, where an id is beyond the vocabulary
 */
export function forceTokens(
  option: string,
  ids: readonly number[],
  applies: (before: TokensBefore) => boolean,
): LogitsProcessor {
  return (logits, before) => {
    if (!applies(before)) return;
    const beyond = ids.find((id) => id >= logits.length);
    if (beyond !== undefined)
      throw new InputError(
        "ERR_SAMPLING",
        `sampling ${option}: expected token ids below ${logits.length}, got ${beyond}. The model's vocabulary has no such token.`,
      );
    logits.fill(Number.NEGATIVE_INFINITY);
    for (const id of ids) logits[id] = 0;
  };
}
