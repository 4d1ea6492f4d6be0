import type { KeptAnswers } from "./keptAnswers.ts";
import type { KernelReply, Question } from "./packed.ts";

/** An answer that can be made of the kept answers to other questions, which come in their order. */
export interface Derived {
  readonly from: readonly Question[];
  make(replies: readonly KernelReply[]): KernelReply;
}

/** Finds kept questions whose answers have the answer to another one in them, as a part or coarser; null where none have. */
export type Derive = (question: Question, kept: readonly Question[]) => Derived | null;

/**
 * What a page answers where no kernel is.
 * @throws Error that says what the file holds, where that is not enough
 */
export async function answerAlone(
  question: Question,
  kept: KeptAnswers | null,
  derive: Derive | undefined,
): Promise<KernelReply> {
  const derived = kept && (derive?.(question, kept.questions) ?? null);
  if (derived) {
    const replies = await Promise.all(derived.from.map((each) => kept.answer(each)));
    return derived.make(replies.filter((reply) => reply !== null));
  }
  throw new Error(refusal(question, kept));
}

/** Says what there is instead, and how to get what is not. */
function refusal({ kind }: Question, kept: KeptAnswers | null): string {
  const fix = "Run the cell again to look closer.";
  if (kept === null) return `No kernel is here, and this file holds none of its answers. ${fix}`;
  const same = kept.questions.filter((question) => question.kind === kind).length;
  const all = `${kept.questions.length} of the ${kept.wanted} answers`;
  return `No kernel is here. This file holds ${all} that were to be kept, ${same} of this kind, but not this one. ${fix}`;
}
