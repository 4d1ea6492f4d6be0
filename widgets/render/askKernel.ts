import { type AfmModel, alignedBuffer } from "./afm.ts";

interface KernelReply {
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly ArrayBuffer[];
}

/** A question and its answer travel as custom messages that carry the same number. */
export interface KernelQuestion {
  readonly id: number;
  readonly kind: string;
  readonly [argument: string]: unknown;
}

export type AskKernel = (
  kind: string,
  question: Readonly<Record<string, unknown>>,
) => Promise<KernelReply>;

const SILENCE_MS = 20_000;

/**
 * Request and reply over a widget's custom messages. A question that stays unanswered is refused after 20 s with a
 * message that says how to get an answer, because a page can outlive its kernel.
 */
export function askKernel(model: AfmModel, signal: AbortSignal): AskKernel {
  const waiting = new Map<
    number,
    { resolve(reply: KernelReply): void; reject(reason: Error): void }
  >();
  // Views of one widget share a model and so its messages: numbers must differ between them.
  let nextId = Math.floor(Math.random() * 2 ** 31);

  const receive = (content: Record<string, unknown>, buffers: readonly unknown[] = []): void => {
    const question = waiting.get(content.id as number);
    if (!question) return;
    waiting.delete(content.id as number);
    if (typeof content.error === "string") question.reject(new Error(content.error));
    else question.resolve({ content, buffers: buffers.map(alignedBuffer) });
  };
  model.on("msg:custom", receive as never);
  signal.addEventListener("abort", () => {
    model.off("msg:custom", receive as never);
    for (const { reject } of waiting.values()) reject(new Error("the view was closed"));
    waiting.clear();
  });

  return (kind, question) =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      setTimeout(() => {
        if (waiting.delete(id))
          reject(new Error("No kernel answers. Run the cell again to look closer."));
      }, SILENCE_MS);
      model.send({ ...question, id, kind } satisfies KernelQuestion);
    });
}
