import type { ChatMessage, ToolCall } from "../template/chat.ts";

/** A part of an assistant's reply. Text comes in as many pieces as it takes; a tool call comes whole. */
export type ChatPiece =
  | { readonly kind: "reasoning"; readonly text: string }
  | { readonly kind: "content"; readonly text: string }
  | { readonly kind: "toolCall"; readonly call: ToolCall };

/** An assistant's reply, ready to be put behind the messages it answers. */
export interface AssistantMessage extends ChatMessage {
  readonly role: "assistant";
  readonly reasoning: string;
  readonly content: string;
  readonly toolCalls: readonly ToolCall[];
}

/** Takes a reply's text as it comes. */
export interface ReplyParser {
  push(text: string): ChatPiece[];
  /** What was held back, when no more will come. */
  end(): ChatPiece[];
}
