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

/** What a verifier says of a reply: whether it holds, or how good it is. */
export type Verdict = boolean | number;

/** How `generateVerifyChoose` samples and chooses. */
export interface VerifyOptions extends SamplesOptions {
  /** Is given complete replies, one after the other. false: it is not chosen; true counts as 1, and the highest wins. */
  readonly verify: (reply: ReplySample) => Verdict | Promise<Verdict>;
}

/** A reply with what the verifier said of it; null where it was cut and nobody asked. */
export interface VerifiedSample extends ReplySample {
  readonly verdict: Verdict | null;
}

export interface VerifiedChoice {
  /** The reply of the highest verdict; of equal ones the first; null where none passed. */
  readonly chosen: VerifiedSample | null;
  /** In the order of their seeds. */
  readonly samples: readonly VerifiedSample[];
  /** Replies whose verdict is not false. */
  readonly passed: number;
  /** Replies that a limit cut: none of them is verified or chosen. */
  readonly cut: number;
}

/**
 * Samples several replies, has each verified, and chooses the best.
 * @throws InputError ERR_OPTION, also where a verdict is neither true, false nor a number; as `model.chatAll`; AbortedError
 * ERR_ABORTED; what the verifier throws
 */
export async function generateVerifyChoose(
  model: RepliesModel,
  messages: readonly ChatMessage[],
  options: VerifyOptions,
): Promise<VerifiedChoice> {
  const what = "generateVerifyChoose";
  checkReplyOptions(what, options, { ...SAMPLES_OPTIONS, verify: true });
  const { verify, ...sampling } = options;
  if (typeof verify !== "function")
    throw new InputError(
      "ERR_OPTION",
      `${what} verify: expected a function, got ${typeof verify}. Write (reply) => reply.message.content === "...".`,
    );
  const replies = await sampleReplies(what, model, messages, sampling);
  const samples: VerifiedSample[] = [];
  for (const reply of replies) {
    const verdict = reply.state === "complete" ? checked(await verify(reply)) : null;
    samples.push({ ...reply, verdict });
  }
  const passed = samples.filter(({ verdict }) => verdict !== null && verdict !== false);
  const cut = samples.filter(({ state }) => state !== "complete").length;
  const chosen = earliestBest(passed, ({ verdict }) => Number(verdict));
  return { chosen, samples, passed: passed.length, cut };
}

function checked(verdict: unknown): Verdict {
  if (typeof verdict === "boolean" || (typeof verdict === "number" && !Number.isNaN(verdict)))
    return verdict;
  throw new InputError(
    "ERR_OPTION",
    `generateVerifyChoose verify: expected it to return true, false or a number, got ${String(verdict)}. Return one of them for every reply.`,
  );
}
