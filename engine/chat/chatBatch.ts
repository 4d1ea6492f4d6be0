import type { GenerationBatch } from "../generate/generationBatch.ts";
import { ChatGeneration } from "./chatGeneration.ts";
import type { ChatPiece } from "./chatPiece.ts";
import type { Reply } from "./reply.ts";

/** A part of one of the replies that are generated together. */
export type BatchPiece = ChatPiece & {
  /** Which conversation it answers, counted from 0. */
  readonly conversation: number;
};

/** A conversation as the model read it, and what takes the reply apart. */
export interface ConversationStart {
  readonly prompt: string;
  readonly reply: Reply;
}

/**
 * Replies to several conversations, generated in the same steps of the model: iterate over it once for their parts as they
 * come, or wait for `all`. Each is the reply that `model.chat` gives alone, where its seed is `seed` plus the number of its
 * conversation. Leaving the loop early ends all of them.
 */
export class ChatBatch implements AsyncIterable<BatchPiece> {
  /** One for each conversation: `message`, `answer`, `thinking` and `run` of each. Iterate over the batch, not over these. */
  readonly replies: readonly ChatGeneration[];
  readonly #batch: GenerationBatch;
  readonly #starts: readonly ConversationStart[];

  /** They come from `model.chatAll`. */
  constructor(batch: GenerationBatch, starts: readonly ConversationStart[]) {
    this.#batch = batch;
    this.#starts = starts;
    this.replies = batch.generations.map((generation, i) => {
      const { prompt, reply } = starts[i] as ConversationStart;
      return new ChatGeneration(prompt, generation, reply);
    });
  }

  /** Waits for the end of all replies. @returns `replies` */
  async all(): Promise<readonly ChatGeneration[]> {
    for await (const _ of this);
    return this.replies;
  }

  [Symbol.asyncIterator](): AsyncGenerator<BatchPiece, void, undefined> {
    return this.#stream(this.#batch[Symbol.asyncIterator]());
  }

  async *#stream(
    tokens: ReturnType<GenerationBatch[typeof Symbol.asyncIterator]>,
  ): AsyncGenerator<BatchPiece, void, undefined> {
    try {
      for await (const { text, prompt } of tokens)
        for (const piece of (this.#starts[prompt] as ConversationStart).reply.push(text))
          yield { ...piece, conversation: prompt };
      for (const conversation of this.replies.keys())
        for (const piece of this.#end(conversation)) yield { ...piece, conversation };
    } finally {
      for (const conversation of this.replies.keys()) this.#end(conversation);
    }
  }

  #end(conversation: number): ChatPiece[] {
    const { generation } = this.replies[conversation] as ChatGeneration;
    return (this.#starts[conversation] as ConversationStart).reply.end(generation.text);
  }
}
