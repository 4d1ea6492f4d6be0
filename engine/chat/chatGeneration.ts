import { InputError } from "../base/errors.ts";
import type { FinishReason, GeneratedToken, Generation } from "../generate/generation.ts";
import type { Run } from "../look/run.ts";
import type { ToolCall } from "../template/chat.ts";
import type { AssistantMessage, ChatPiece, ReplyParser } from "./chatPiece.ts";

/** An assistant's reply as it is generated, taken apart: iterate over it once, as over the generation inside. */
export class ChatGeneration implements AsyncIterable<ChatPiece> {
  /** The conversation as the model read it. */
  readonly prompt: string;
  readonly generation: Generation;
  readonly #parser: ReplyParser;
  #reasoning = "";
  #content = "";
  readonly #toolCalls: ToolCall[] = [];
  readonly #tokens: GeneratedToken[] = [];

  /** Chat generations come from `model.chat`. */
  constructor(prompt: string, generation: Generation, parser: ReplyParser) {
    this.prompt = prompt;
    this.generation = generation;
    this.#parser = parser;
  }

  /** What was said so far. @throws InputError ERR_NOT_FINISHED before the end */
  get message(): AssistantMessage {
    if (this.finishReason === null)
      throw new InputError(
        "ERR_NOT_FINISHED",
        "chat.message: expected a reply that has ended, got one that has not. Iterate over it first.",
      );
    return {
      role: "assistant",
      reasoning: this.#reasoning,
      content: this.#content,
      toolCalls: [...this.#toolCalls],
    };
  }

  /** The tokens that pieces were made of so far, those of marks and tool calls too. */
  get tokens(): readonly GeneratedToken[] {
    return this.#tokens;
  }

  /** Null until the end. */
  get finishReason(): FinishReason | null {
    return this.generation.finishReason;
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
    let nRead = 0;
    let ended = false;
    try {
      for await (const token of tokens) {
        const { text } = token;
        this.#tokens.push(token);
        nRead += text.length;
        for (const piece of this.#noted(this.#parser.push(text))) yield piece;
      }
      // Behind the last token's text the generation may have added what an unfinished character leaves.
      const rest = this.#parser.push(this.generation.text.slice(nRead));
      ended = true;
      for (const piece of this.#noted([...rest, ...this.#parser.end()])) yield piece;
    } finally {
      if (!ended) this.#noted(this.#parser.end());
    }
  }

  /** Puts pieces into the message before anyone sees them, so that leaving the loop loses none. */
  #noted(pieces: ChatPiece[]): ChatPiece[] {
    for (const piece of pieces)
      if (piece.kind === "toolCall") this.#toolCalls.push(piece.call);
      else if (piece.kind === "reasoning") this.#reasoning += piece.text;
      else this.#content += piece.text;
    return pieces;
  }

  toString(): string {
    return `Chat${this.generation.toString()}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
