import { InputError } from "../base/errors.ts";
import type { ChatMessage } from "../template/chat.ts";
import {
  checkReplyOptions,
  type RepliesModel,
  type ReplySample,
  SAMPLES_OPTIONS,
  type SamplesOptions,
  sampleReplies,
} from "./replySamples.ts";

/** How `majorityVote` samples and counts. */
export interface MajorityVoteOptions extends SamplesOptions {
  /** What a complete reply votes for; null: for nothing. Default: its content without white space at both ends. */
  readonly answerOf?: (reply: ReplySample) => string | null;
}

/** What replies agree on. */
export interface MajorityVote {
  /** What most of them say; of equally many what was said first; null where none voted. */
  readonly answer: string | null;
  /** Every answer with its votes, most first. */
  readonly votes: readonly { readonly answer: string; readonly count: number }[];
  /** Every reply with what it voted for, in the order of their seeds. */
  readonly samples: readonly (ReplySample & { readonly vote: string | null })[];
  /** Replies that a limit cut: they do not vote. */
  readonly cut: number;
  /** Complete replies in which `answerOf` saw no answer. */
  readonly abstained: number;
}

/**
 * Samples several replies and takes the answer that most of them give.
 * @throws InputError ERR_OPTION; as `model.chatAll`; AbortedError ERR_ABORTED
 * @see arXiv:2203.11171
 */
export async function majorityVote(
  model: RepliesModel,
  messages: readonly ChatMessage[],
  options: MajorityVoteOptions,
): Promise<MajorityVote> {
  checkReplyOptions("majorityVote", options, { ...SAMPLES_OPTIONS, answerOf: true });
  const { answerOf = contentOf, ...sampling } = options;
  if (typeof answerOf !== "function")
    throw new InputError(
      "ERR_OPTION",
      `majorityVote answerOf: expected a function, got ${typeof answerOf}. Write (reply) => reply.message.content.`,
    );
  const replies = await sampleReplies("majorityVote", model, messages, sampling);
  const samples = replies.map((reply) => ({
    ...reply,
    vote: reply.state === "complete" ? checkedAnswer(answerOf(reply)) : null,
  }));
  const counts = new Map<string, number>();
  for (const { vote } of samples) if (vote !== null) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  const votes = [...counts]
    .map(([answer, count]) => ({ answer, count }))
    .sort((a, b) => b.count - a.count); // stable: of equal ones that which was said first
  const cut = samples.filter(({ state }) => state !== "complete").length;
  const nVotes = votes.reduce((sum, { count }) => sum + count, 0);
  const abstained = samples.length - cut - nVotes;
  return { answer: votes[0]?.answer ?? null, votes, samples, cut, abstained };
}

function contentOf({ message }: ReplySample): string {
  return message.content.trim();
}

function checkedAnswer(answer: unknown): string | null {
  if (typeof answer === "string" || answer === null) return answer;
  throw new InputError(
    "ERR_OPTION",
    `majorityVote answerOf: expected it to return text or null, got ${JSON.stringify(answer) ?? typeof answer}. Return null where a reply has no answer.`,
  );
}
