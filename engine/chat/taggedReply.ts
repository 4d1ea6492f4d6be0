import type { ChatPiece, ReplyParser } from "./chatPiece.ts";
import { TagScanner } from "./tagScanner.ts";
import type { ToolCallSyntax } from "./toolCallSyntax.ts";

export interface TaggedReplyFormat {
  /** What opens reasoning and what ends it. */
  readonly marks: readonly [open: string, end: string];
  /** Does the prompt end inside the reasoning? */
  readonly startsInReasoning: boolean;
  /** May the reply itself open reasoning? */
  readonly mayThink: boolean;
  /** Are line breaks beside the tags the template's, not the text's? */
  readonly trimsNewlines: boolean;
  readonly syntaxes: readonly ToolCallSyntax[];
}

/**
 * Replies of the form `reasoning</think>content` with blocks of tool calls. Reasoning ends at its first end mark. A block
 * that is no tool call in its syntax stays content, tags included.
 */
export class TaggedReply implements ReplyParser {
  readonly #format: TaggedReplyFormat;
  readonly #scanner = new TagScanner();
  #section: "reasoning" | "content";
  /** Nothing but white space was there so far: reasoning may be opened. */
  #atStart: boolean;
  /** Since the section or the last tool call began, only line breaks came. */
  #isFresh = true;
  #newlines = "";
  #block: { readonly syntax: ToolCallSyntax; readonly open: string; text: string } | null = null;

  constructor(format: TaggedReplyFormat) {
    this.#format = format;
    this.#section = format.startsInReasoning ? "reasoning" : "content";
    this.#atStart = format.mayThink && !format.startsInReasoning;
  }

  push(text: string): ChatPiece[] {
    this.#scanner.push(text);
    const pieces: ChatPiece[] = [];
    for (;;) {
      const { text: before, tag } = this.#scanner.read(this.#tags());
      if (before !== "") this.#take(before, pieces);
      if (tag === null) return pieces;
      this.#meet(tag, pieces);
    }
  }

  end(): ChatPiece[] {
    const pieces: ChatPiece[] = [];
    const rest = this.#scanner.flush();
    if (rest !== "") this.#take(rest, pieces);
    if (this.#block !== null) this.#closeBlock("", pieces);
    if (this.#newlines !== "") pieces.push({ kind: this.#section, text: this.#newlines });
    this.#newlines = "";
    return pieces;
  }

  #tags(): readonly string[] {
    if (this.#block !== null) {
      const { close } = this.#block.syntax;
      return close === null ? [] : [close];
    }
    const [open, end] = this.#format.marks;
    if (this.#section === "reasoning") return [end];
    const opens = this.#format.syntaxes.flatMap((syntax) => syntax.opens);
    return this.#atStart ? [open, ...opens] : opens;
  }

  #meet(tag: string, pieces: ChatPiece[]): void {
    if (this.#block !== null) this.#closeBlock(tag, pieces);
    else if (tag === this.#format.marks[0] && !this.#atStart) this.#take(tag, pieces);
    else if (tag === this.#format.marks[0]) this.#begin("reasoning");
    else if (this.#section === "reasoning") this.#begin("content");
    else {
      const syntax = this.#format.syntaxes.find(({ opens }) => opens.includes(tag));
      if (syntax !== undefined) this.#block = { syntax, open: tag, text: "" };
    }
  }

  #begin(section: "reasoning" | "content"): void {
    this.#section = section;
    this.#atStart = false;
    this.#isFresh = true;
    this.#newlines = "";
  }

  #closeBlock(tag: string, pieces: ChatPiece[]): void {
    if (this.#block === null) return;
    const { syntax, open, text } = this.#block;
    this.#block = null;
    const calls = syntax.read(text);
    if (calls === null) this.#take(open + text + tag, pieces);
    else {
      pieces.push(...calls.map((call) => ({ kind: "toolCall" as const, call })));
      this.#begin("content");
    }
  }

  #take(text: string, pieces: ChatPiece[]): void {
    if (this.#block !== null) {
      this.#block.text += text;
      return;
    }
    if (this.#atStart && text.trim() !== "") this.#atStart = false;
    if (!this.#format.trimsNewlines) {
      pieces.push({ kind: this.#section, text });
      return;
    }
    const kept = this.#newlines + (this.#isFresh ? text.replace(/^\n+/, "") : text);
    const body = kept.replace(/\n+$/, "");
    this.#newlines = kept.slice(body.length);
    if (kept !== "") this.#isFresh = false;
    if (body !== "") pieces.push({ kind: this.#section, text: body });
  }
}
