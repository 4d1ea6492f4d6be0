import { wrongTask } from "./evaluateErrors.ts";
import type { Judgement, ReplyScorer, ScoredReply } from "./task.ts";
import type { WorkItem } from "./workItems.ts";

/** What a scorer said, with nothing left out. */
export interface CheckedJudgement {
  readonly score: number;
  readonly answer: string | null;
  readonly note: string | null;
}

/** Has the scorer judge a reply that came to its end. @throws InputError ERR_TASK where it says what is no score; what it throws */
export async function judged(
  scorer: ReplyScorer,
  reply: ScoredReply,
  { target, data, id }: WorkItem["sample"],
): Promise<CheckedJudgement> {
  return checked(await scorer.judge(reply, target, data), id);
}

/** What a sample expects, as rows have it. */
export function targetText({ target }: WorkItem["sample"]): string | null {
  return target === null || typeof target === "string" ? target : JSON.stringify(target);
}

function checked({ score, answer, note }: Judgement, sample: string): CheckedJudgement {
  const value = Number(score);
  const isScore = typeof score === "boolean" || typeof score === "number";
  if (!isScore || !(value >= 0 && value <= 1))
    throw wrongTask(`scorer on sample ${JSON.stringify(sample)}`, {
      expected: "true, false or a number from 0 to 1",
      got: score,
      fix: "Return one of them for every reply.",
    });
  return { score: value, answer: answer ?? null, note: note ?? null };
}
