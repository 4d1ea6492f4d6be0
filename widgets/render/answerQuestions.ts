import { kernelHost } from "../../kernel/display/host.ts";
import type { KernelQuestion } from "./askKernel.ts";

export interface Answer {
  readonly content?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly ArrayBufferView[];
}

/** How often the page hears that an answer is still being made. */
const WORKING_MS = 4000;

interface Sender {
  send(content: unknown, buffers?: readonly (ArrayBuffer | ArrayBufferView)[]): void;
}

/**
 * The kernel's end of `askKernel`: answers each question by its kind, and an error with its message. As long as an answer takes, it says
 * that it is at it.
 */
export function answerQuestions<Kind extends string>(
  answers: Readonly<Record<Kind, (question: KernelQuestion) => Promise<Answer>>>,
): (content: unknown, buffers: readonly DataView[], widget: Sender) => Promise<void> {
  return async (content, _buffers, widget) => {
    if (!isQuestion(content)) return;
    const { id } = content;
    const stop = sayWorking((seconds) => widget.send({ id, working: seconds }));
    try {
      const answer = await answerOf(answers, content);
      widget.send({ ...answer.content, id }, answer.buffers ?? []);
    } catch (error) {
      widget.send({ id, error: error instanceof Error ? error.message : String(error) });
    } finally {
      stop();
    }
  };
}

/** Says every so often for how many seconds it has gone on, until it is stopped or the request that it is for is over. */
function sayWorking(say: (seconds: number) => void): () => void {
  const host = kernelHost();
  const start = (run: () => void): NodeJS.Timeout =>
    host === null ? setTimeout(run, WORKING_MS) : host.startTimer(run, WORKING_MS);
  const over = host?.requestOver ?? null;
  const begun = Date.now();
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    timer = start(() => {
      say(Math.round((Date.now() - begun) / 1000));
      wait();
    });
  };
  const stop = (): void => {
    clearTimeout(timer);
    over?.removeEventListener("abort", stop);
  };
  wait();
  over?.addEventListener("abort", stop); // code that was ended does not come back to say that it stopped
  return stop;
}

/** The answer to a question, by its kind. @throws Error where there is none of the kind; what answering throws */
export async function answerOf<Kind extends string>(
  answers: Readonly<Record<Kind, (question: KernelQuestion) => Promise<Answer>>>,
  question: KernelQuestion,
): Promise<Answer> {
  const { kind } = question;
  if (Object.hasOwn(answers, kind)) return answers[kind as Kind](question);
  throw new Error(
    `widget: expected a question of kind ${Object.keys(answers).join(", ")}, got ${kind}. Reload the page.`,
  );
}

/** Is this what `askKernel` sends? */
export function isQuestion(content: unknown): content is KernelQuestion {
  return (
    typeof content === "object" &&
    content !== null &&
    typeof (content as KernelQuestion).id === "number" &&
    typeof (content as KernelQuestion).kind === "string"
  );
}

/** An integer argument of a question within [low, high]. */
export function integerIn(
  question: KernelQuestion,
  name: string,
  low: number,
  high: number,
): number {
  const value = question[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high)
    return value;
  throw new Error(
    `widget: expected ${name} from ${low} to ${high}, got ${String(value)}. Reload the page.`,
  );
}
