import { joinPacked, packReply, type Question } from "./packed.ts";
import { PageFirst } from "./pageFirst.ts";

/** Answers one question, as `answerQuestions` is given it. */
type Answerer = (question: Question & { readonly id: number }) => Promise<{
  readonly content?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly ArrayBufferView[];
}>;

export interface KeepOptions {
  /** Most needed first. */
  readonly questions: readonly Question[];
  readonly answers: Readonly<Record<string, Answerer>>;
  /** Most bytes of all answers together, compressed. */
  readonly maxBytes: number;
  /** Ends it with the answers that there are. */
  readonly signal?: AbortSignal;
  /** Whose questions go before; default nobody's. */
  readonly page?: PageFirst;
}

/**
 * Asks a picture's own answers, most needed first, until the bytes are used up. One answer in a turn of the event loop, so that
 * cells come in between, and none while the page asks. What is refused is left out.
 * @returns what `KeptAnswers.read` reads; empty where nothing was answered
 */
export async function keepAnswers(options: KeepOptions): Promise<Uint8Array> {
  const { questions, answers, maxBytes, signal, page = new PageFirst() } = options;
  const kept: { question: Question; packed: Uint8Array }[] = [];
  let bytes = 0;
  for (const question of questions) {
    await page.turn(signal);
    if (signal?.aborted) break;
    const packed = await packedAnswer(answers[question.kind], question);
    if (packed === null) continue;
    bytes += packed.length;
    if (bytes > maxBytes) break;
    kept.push({ question, packed });
  }
  return kept.length === 0 ? new Uint8Array(0) : joinPacked(questions.length, kept);
}

async function packedAnswer(
  answer: Answerer | undefined,
  question: Question,
): Promise<Uint8Array | null> {
  try {
    const reply = await answer?.({ ...question, id: 0 });
    return reply === undefined ? null : await packReply(reply.content ?? {}, reply.buffers ?? []);
  } catch {
    return null; // refused: the page is told so when it asks
  }
}
