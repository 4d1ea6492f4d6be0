import { AbortedError, InputError } from "../base/errors.ts";
import { armName } from "./arms.ts";
import { shown, wrongTask } from "./evaluateErrors.ts";
import type { Judgement, ReplyScorer, ScoredReply } from "./task.ts";
import type { WorkItem } from "./workItems.ts";

/** What a scorer said, with nothing left out. */
export interface CheckedJudgement {
  readonly score: number;
  readonly answer: string | null;
  readonly note: string | null;
}

/**
 * Has the scorer judge a reply that came to its end.
 * @throws InputError ERR_TASK where it says what is no score, ERR_SCORER where it throws, with what it threw as the cause; AbortedError
 */
export async function judged(
  scorer: ReplyScorer,
  reply: ScoredReply,
  item: WorkItem,
): Promise<CheckedJudgement> {
  const { target, data, id } = item.sample;
  let judgement: Judgement;
  try {
    judgement = await scorer.judge(reply, target, data);
  } catch (cause) {
    if (cause instanceof AbortedError || (cause as Error | null)?.name === "AbortError")
      throw cause;
    throw failed(scorer, item, cause);
  }
  return checked(judgement, id);
}

/** What a sample expects, as rows have it. */
export function targetText({ target }: WorkItem["sample"]): string | null {
  return target === null || typeof target === "string" ? target : JSON.stringify(target);
}

function checked(judgement: Judgement, sample: string): CheckedJudgement {
  const { score, answer, note } = (judgement ?? {}) as Partial<Judgement>; // a judge may return nothing
  const value = Number(score);
  const isScore = typeof score === "boolean" || typeof score === "number";
  if (!isScore || !(value >= 0 && value <= 1))
    throw wrongTask(`scorer on sample ${JSON.stringify(sample)}`, {
      expected: "true, false or a number from 0 to 1",
      got: score,
      fix: "Return one of them for every reply.",
    });
  for (const [field, said] of Object.entries({ answer, note }))
    if (said !== undefined && said !== null && typeof said !== "string")
      throw wrongTask(`scorer on sample ${JSON.stringify(sample)} ${field}`, {
        expected: "text, or nothing",
        got: said,
        fix: "Write String(...).",
      });
  return { score: value, answer: answer ?? null, note: note ?? null };
}

function failed(
  { name }: ReplyScorer,
  { arm, sample, epoch }: WorkItem,
  cause: unknown,
): InputError {
  const all = cause instanceof Error ? `${cause.name}: ${cause.message}` : shown(cause);
  const said = all.replace(/\.$/, ""); // the sentence has a full stop of its own
  return new InputError(
    "ERR_SCORER",
    `scorer ${shown(name)} on sample ${JSON.stringify(sample.id)} (${armName(arm)}, epoch ${epoch}): expected a judgement, got ${said}. Correct what it says. In a folder what was judged is kept: the same call goes on with this sample, and another scorer begins anew elsewhere.`,
    { cause },
  );
}
