import type { ToolCall } from "../template/chat.ts";
import type { AssistantMessage, ChatPiece, ReplyParser } from "./chatPiece.ts";

/** A reply's text, taken apart as it comes and kept in its parts. */
export class Reply {
  readonly #parser: ReplyParser;
  #nRead = 0;
  #reasoning = "";
  #content = "";
  readonly #toolCalls: ToolCall[] = [];
  #ended = false;

  constructor(parser: ReplyParser) {
    this.#parser = parser;
  }

  push(text: string): ChatPiece[] {
    this.#nRead += text.length;
    return this.#noted(this.#parser.push(text));
  }

  /** What was held back, and what the whole text has beyond the pieces that came. Calling it twice is fine. */
  end(text: string): ChatPiece[] {
    if (this.#ended) return [];
    this.#ended = true;
    const rest = this.#parser.push(text.slice(this.#nRead));
    return this.#noted([...rest, ...this.#parser.end()]);
  }

  /** What was said so far. */
  get message(): AssistantMessage {
    return {
      role: "assistant",
      reasoning: this.#reasoning,
      content: this.#content,
      toolCalls: [...this.#toolCalls],
    };
  }

  /** Puts pieces into the message before anyone sees them, so that leaving the loop loses none. */
  #noted(pieces: ChatPiece[]): ChatPiece[] {
    for (const piece of pieces)
      if (piece.kind === "toolCall") this.#toolCalls.push(piece.call);
      else if (piece.kind === "reasoning") this.#reasoning += piece.text;
      else this.#content += piece.text;
    return pieces;
  }
}
