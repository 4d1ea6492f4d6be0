import type { ChatPiece, ReplyParser } from "./chatPiece.ts";
import { readNamedParameters } from "./toolCallSyntax.ts";

/** How a call may begin, white space left out. */
const BEGINNINGS = ['{"name":', '{"type":"function"', '{"parameters":'];

/**
 * Replies of Llama 3.1 and its successors: a call is the whole reply, one JSON object of name and parameters without any tag.
 * What begins like one is held back to the end of the reply; everything else goes to the parser inside as it comes.
 */
export class BareCallReply implements ReplyParser {
  readonly #inside: ReplyParser;
  /** Null once it is certain that the reply is no call. */
  #held: string | null = "";

  constructor(inside: ReplyParser) {
    this.#inside = inside;
  }

  push(text: string): ChatPiece[] {
    if (this.#held === null) return this.#inside.push(text);
    this.#held += text;
    return mayBecomeCall(this.#held) ? [] : this.#release();
  }

  end(): ChatPiece[] {
    const call = this.#held === null ? null : readNamedParameters(this.#held);
    if (call === null) return [...this.#release(), ...this.#inside.end()];
    this.#held = null;
    return [{ kind: "toolCall", call }];
  }

  #release(): ChatPiece[] {
    const text = this.#held ?? "";
    this.#held = null;
    return text === "" ? [] : this.#inside.push(text);
  }
}

function mayBecomeCall(text: string): boolean {
  const start = text.trimStart().slice(0, 80).replace(/\s/g, "");
  return BEGINNINGS.some((begin) => begin.startsWith(start) || start.startsWith(begin));
}
