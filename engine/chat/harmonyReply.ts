import type { ChatPiece, ReplyParser } from "./chatPiece.ts";
import { TagScanner } from "./tagScanner.ts";
import { call } from "./toolCallSyntax.ts";

const ENDS = ["<|end|>", "<|call|>", "<|return|>", "<|start|>"];

/** Whom a message's header names as the one it is for; null where it names nobody. */
export function recipientIn(header: string): string | null {
  return /\bto=(?:functions\.)?([^\s<]+)/.exec(header)?.[1] ?? null;
}

/**
 * Replies in gpt-oss's harmony format: messages on channels. analysis is reasoning, what is addressed to a function is a
 * tool call, everything else is content. The prompt ends with `<|start|>assistant`.
 */
export class HarmonyReply implements ReplyParser {
  readonly #scanner = new TagScanner();
  #header = "";
  /** Null inside a header. */
  #kind: "reasoning" | "content" | "toolCall" | null = null;
  #recipient = "";
  #arguments = "";

  push(text: string): ChatPiece[] {
    this.#scanner.push(text);
    const pieces: ChatPiece[] = [];
    for (;;) {
      const inHeader = this.#kind === null;
      const { text: before, tag } = this.#scanner.read(inHeader ? ["<|message|>"] : ENDS);
      this.#take(before, pieces);
      if (tag === null) return pieces;
      if (inHeader) this.#open();
      else this.#close(pieces);
    }
  }

  end(): ChatPiece[] {
    const pieces: ChatPiece[] = [];
    this.#take(this.#scanner.flush(), pieces);
    if (this.#kind === "toolCall") this.#close(pieces);
    return pieces;
  }

  #take(text: string, pieces: ChatPiece[]): void {
    if (text === "") return;
    if (this.#kind === null) this.#header += text;
    else if (this.#kind === "toolCall") this.#arguments += text;
    else pieces.push({ kind: this.#kind, text });
  }

  #open(): void {
    const recipient = recipientIn(this.#header);
    const [, channel] = /<\|channel\|>(\w+)/.exec(this.#header) ?? [];
    this.#recipient = recipient ?? "";
    this.#arguments = "";
    if (recipient !== null) this.#kind = "toolCall";
    else this.#kind = channel === "analysis" ? "reasoning" : "content";
  }

  #close(pieces: ChatPiece[]): void {
    if (this.#kind === "toolCall") {
      const read = call(this.#recipient, this.#arguments);
      pieces.push(
        read === null
          ? { kind: "content", text: this.#arguments }
          : { kind: "toolCall", call: read },
      );
    }
    this.#kind = null;
    this.#header = "";
  }
}
