import { InputError } from "../base/errors.ts";
import { softmaxSums } from "../tensor/softmaxSums.ts";
import type { GenerateOptions } from "./generateOptions.ts";
import { Ranking } from "./ranking.ts";

/** A token that might have come. */
export interface LikelyToken {
  readonly id: number;
  /** Natural log of its probability under the raw logits. */
  readonly logprob: number;
}

/**
 * The likeliest tokens, descending; among equals the lower id first. Fewer where fewer are possible.
 * @param logits (V) natural-log scale; -Infinity: impossible
 */
export function likeliestTokens(logits: ArrayLike<number>, count: number): LikelyToken[] {
  let max = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) max = Math.max(max, logits[id] as number);
  const ranking = new Ranking();
  ranking.start(logits, max, 1);
  const ids: number[] = [];
  while (ids.length < count) {
    const id = ranking.next();
    if (id < 0) break;
    ids.push(id);
  }
  const logTotal = Math.log(softmaxSums(logits, ids[0] ?? 0).total);
  return ids.map((id) => ({ id, logprob: (logits[id] as number) - max - logTotal }));
}

/** @throws InputError ERR_OPTION where it is no count, or tokens come from drafts */
export function checkTopLogprobs({ topLogprobs = 0, speculate = "off" }: GenerateOptions): number {
  if (!Number.isInteger(topLogprobs) || topLogprobs < 0)
    throw new InputError(
      "ERR_OPTION",
      `topLogprobs: expected a whole number of at least 0, got ${JSON.stringify(topLogprobs)}. Correct the option.`,
    );
  if (topLogprobs > 0 && speculate !== "off")
    throw new InputError(
      "ERR_OPTION",
      `topLogprobs: expected speculate: "off" beside it, got ${JSON.stringify(speculate)}. Leave one of the two out.`,
    );
  return topLogprobs;
}
