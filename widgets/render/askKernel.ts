import { answerAlone, type Derive } from "../offline/answerAlone.ts";
import { KeptAnswers } from "../offline/keptAnswers.ts";
import type { KernelReply } from "../offline/packed.ts";
import {
  type AfmModel,
  alignedBuffer,
  hasKernel,
  mayAnswerLate,
  type RenderContext,
} from "./afm.ts";

/** A question and its answer travel as custom messages that carry the same number. */
export interface KernelQuestion {
  readonly id: number;
  readonly kind: string;
  readonly [argument: string]: unknown;
}

/** @param onWork told now and then that the kernel is still at it, for how many seconds by now */
export type AskKernel = (
  kind: string,
  question: Readonly<Record<string, unknown>>,
  onWork?: (seconds: number) => void,
) => Promise<KernelReply>;

const SILENCE_MS = 20_000;

/** A question on its way. */
interface Waiting {
  resolve(reply: KernelReply): void;
  reject(reason: Error): void;
  onWork(seconds: number): void;
  /** Refuses it when nobody says anything; it would hold a closed view until then. */
  timer: ReturnType<typeof setTimeout>;
}

/**
 * Request and reply over a widget's custom messages. An answer that was kept with the picture's state is taken from there.
 * Without a kernel others are made of kept ones where that can be, or refused with what the file holds. A page can outlive its kernel:
 * a question of which nothing is heard for 20 s is refused with how to get an answer. A kernel that works says so, and one
 * that the page knows to be busy is waited for.
 */
export function askKernel(view: RenderContext, signal: AbortSignal, derive?: Derive): AskKernel {
  const { model } = view;
  const waiting = new Map<number, Waiting>();
  // Views of one widget share a model and so its messages: numbers must differ between them.
  let nextId = Math.floor(Math.random() * 2 ** 31);

  const receive = (content: Record<string, unknown>, buffers: readonly unknown[] = []): void => {
    const id = content.id as number;
    const question = waiting.get(id);
    if (!question) return;
    clearTimeout(question.timer);
    if (typeof content.working === "number") {
      question.timer = silence(id);
      question.onWork(content.working);
      return;
    }
    waiting.delete(id);
    if (typeof content.error === "string") question.reject(new Error(content.error));
    else question.resolve({ content, buffers: buffers.map(alignedBuffer) });
  };
  model.on("msg:custom", receive as never);
  signal.addEventListener("abort", () => {
    model.off("msg:custom", receive as never);
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(new Error("the view was closed"));
    }
    waiting.clear();
  });

  const silence = (id: number): Waiting["timer"] =>
    setTimeout(() => {
      const question = waiting.get(id);
      if (question === undefined) return;
      if (mayAnswerLate(view)) {
        question.timer = silence(id);
        return;
      }
      waiting.delete(id);
      question.reject(new Error("No kernel answers. Run the cell again to look closer."));
    }, SILENCE_MS);

  const keptAnswers = keptOf(model);

  return async (kind, question, onWork = () => {}) => {
    const kept = await keptAnswers();
    const known = await kept?.answer({ ...question, kind });
    if (known) return known;
    if (!hasKernel(view)) return answerAlone({ ...question, kind }, kept, derive);
    if (signal.aborted) throw new Error("the view was closed");
    return new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject, onWork, timer: silence(id) });
      model.send({ ...question, id, kind } satisfies KernelQuestion);
    });
  };
}

/** The answers kept in a model's state, read again when they have changed; null while there are none. */
function keptOf(model: AfmModel): () => Promise<KeptAnswers | null> {
  let source: unknown;
  let answers: Promise<KeptAnswers> | null = null;
  return async () => {
    const given = model.get("kept");
    if (given !== source) {
      source = given;
      const bytes = new Uint8Array(alignedBuffer(given));
      answers = bytes.length === 0 ? null : KeptAnswers.read(bytes);
    }
    return answers;
  };
}

/** Of what is said without asking: a number that no question has. */
const NO_QUESTION = -1;

/** Says at once what needs no answer: a view that is closed has no time to ask. Where the link is gone nobody is told. */
export function tellKernel(
  { model }: RenderContext,
  kind: string,
  said: Readonly<Record<string, unknown>>,
): void {
  try {
    model.send({ ...said, id: NO_QUESTION, kind } satisfies KernelQuestion);
  } catch {
    // a closed comm refuses what is sent
  }
}
