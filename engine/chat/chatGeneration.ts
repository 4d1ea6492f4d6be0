import { InputError } from "../base/errors.ts";
import type {
  AnswerState,
  FinishReason,
  GeneratedToken,
  Generation,
} from "../generate/generation.ts";
import type { Thinking } from "../generate/thinking/thinkingState.ts";
import type { Run } from "../look/run.ts";
import type { AssistantMessage, ChatPiece } from "./chatPiece.ts";
import type { Reply } from "./reply.ts";

/** An assistant's reply as it is generated, taken apart: iterate over it once, as over the generation inside. */
export class ChatGeneration implements AsyncIterable<ChatPiece> {
  /** The conversation as the model read it. */
  readonly prompt: string;
  readonly generation: Generation;
  readonly #reply: Reply;
  readonly #tokens: GeneratedToken[] = [];

  /** Chat generations come from `model.chat` and `model.chatAll`. */
  constructor(prompt: string, generation: Generation, reply: Reply) {
    this.prompt = prompt;
    this.generation = generation;
    this.#reply = reply;
  }

  /** What was said so far. @throws InputError ERR_NOT_FINISHED before the end */
  get message(): AssistantMessage {
    if (this.finishReason === null)
      throw new InputError(
        "ERR_NOT_FINISHED",
        "chat.message: expected a reply that has ended, got one that has not. Iterate over it first.",
      );
    return this.#reply.message;
  }

  /** The tokens that pieces were made of so far, those of marks and tool calls too. */
  get tokens(): readonly GeneratedToken[] {
    return this.#tokens;
  }

  /** Null until the end. */
  get finishReason(): FinishReason | null {
    return this.generation.finishReason;
  }

  /** What became of the answer; null until the end. */
  get answer(): AnswerState | null {
    return this.generation.answer;
  }

  /** How the model has thought so far. */
  get thinking(): Thinking {
    return this.generation.thinking;
  }

  /** The run over the prompt and the reply. @throws InputError ERR_NOT_FINISHED before the end */
  get run(): Run {
    return this.generation.run;
  }

  [Symbol.asyncIterator](): AsyncGenerator<ChatPiece, void, undefined> {
    return this.#stream(this.generation[Symbol.asyncIterator]());
  }

  async *#stream(
    tokens: AsyncGenerator<GeneratedToken, void, undefined>,
  ): AsyncGenerator<ChatPiece, void, undefined> {
    try {
      for await (const token of tokens) {
        this.#tokens.push(token);
        for (const piece of this.#reply.push(token.text)) yield piece;
      }
      for (const piece of this.#reply.end(this.generation.text)) yield piece;
    } finally {
      this.#reply.end(this.generation.text);
    }
  }

  toString(): string {
    return `Chat${this.generation.toString()}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
