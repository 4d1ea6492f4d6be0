import { InputError } from "../base/errors.ts";
import type { ChatMessage } from "../template/chat.ts";
import { earliestBest } from "./earliestBest.ts";
import {
  checkReplyOptions,
  type RepliesModel,
  type ReplySample,
  SAMPLES_OPTIONS,
  type SamplesOptions,
  sampleReplies,
} from "./replySamples.ts";

/** How `bestOf` samples and compares. */
export interface BestOfOptions extends SamplesOptions {
  /** The log-probability of a reply's tokens, per token or of all together, which favours short ones. Default "mean". */
  readonly by?: "mean" | "sum";
}

export interface BestOf {
  /** The likeliest complete reply; of equal ones the first; null where none is complete. */
  readonly best: ReplySample | null;
  /** In the order of their seeds. */
  readonly samples: readonly ReplySample[];
  /** Replies that a limit cut: none of them is the best. */
  readonly cut: number;
}

/**
 * Samples several replies and takes the one that the model gives the highest probability: tokens of thinking count, those
 * that rules put there do not.
 * @throws InputError ERR_OPTION; as `model.chatAll`; AbortedError ERR_ABORTED
 */
export async function bestOf(
  model: RepliesModel,
  messages: readonly ChatMessage[],
  options: BestOfOptions,
): Promise<BestOf> {
  checkReplyOptions("bestOf", options, { ...SAMPLES_OPTIONS, by: true });
  const { by = "mean", ...sampling } = options;
  if (by !== "mean" && by !== "sum")
    throw new InputError(
      "ERR_OPTION",
      `bestOf by: expected "mean" or "sum", got ${JSON.stringify(by)}. Choose one of them.`,
    );
  const samples = await sampleReplies("bestOf", model, messages, sampling);
  const complete = samples.filter(({ state }) => state === "complete");
  return {
    best: earliestBest(complete, ({ logprob }) => logprob[by]),
    samples,
    cut: samples.length - complete.length,
  };
}
