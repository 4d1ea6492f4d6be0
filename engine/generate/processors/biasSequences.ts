import { InputError } from "../../base/errors.ts";
import type { LogitsProcessor } from "./logitsProcessor.ts";

/** Token ids, at least one, and what is added to the logit of the last. */
export type BiasedSequence = readonly [ids: readonly number[], add: number];

/**
 * Adds to the logit of a sequence's last token where the rest of the sequence stands right before. Of a sequence that is
 * given twice the last entry counts.
 * @param option for the message
 * @throws InputError ERR_SAMPLING, when it is used, where an id is beyond the vocabulary
 */
export function biasSequences(
  option: string,
  sequences: readonly BiasedSequence[],
): LogitsProcessor {
  const unique = new Map(sequences.map((entry) => [entry[0].join(), entry]));
  const largest = sequences.reduce((most, [ids]) => Math.max(most, ...ids), -1);
  return (logits, before) => {
    if (largest >= logits.length)
      throw new InputError(
        "ERR_SAMPLING",
        `sampling ${option}: expected token ids below ${logits.length}, got ${largest}. The model's vocabulary has no such token.`,
      );
    for (const [ids, add] of unique.values()) {
      const last = ids.length - 1;
      const start = before.ids.length - last;
      const id = ids[last] as number;
      if (start >= 0 && ids.every((part, i) => i === last || before.ids[start + i] === part))
        logits[id] = (logits[id] as number) + add;
    }
  };
}
