import type { JsonObject } from "../base/json.ts";

/**
 * One turn of a conversation, as chat templates see it; a template may read further fields. `content` may be null where an
 * assistant's turn consists of tool calls. A message in the form of OpenAI's API, with `tool_calls`, is passed on to the template
 * as it is, as transformers does: there "" is "" and null is None.
 */
export interface ChatMessage {
  readonly role: string;
  readonly content?: string | null;
  /** What an assistant thought before it answered; templates decide how much of it they show again. */
  readonly reasoning?: string;
  /** What an assistant called; the results follow in messages of the role "tool", in the same order. */
  readonly toolCalls?: readonly ToolCall[];
  readonly [field: string]: unknown;
}

/** A call of a function that the model may call. */
export interface ToolCall {
  readonly name: string;
  readonly arguments: JsonObject;
  /** The arguments as the model wrote them. Goes before `arguments` when the conversation is rendered again. */
  readonly argumentsJson?: string;
  /** What the result's `tool_call_id` refers to, for templates that write it. Default: one by the order of the calls. */
  readonly id?: string;
}

/** A function that the model may call. */
export interface ChatTool {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly parameters?: JsonObject;
}

/** What a chat template writes besides the messages. */
export interface ChatOptions {
  /** End with what opens the assistant's turn. Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Name of the template, where tokenizer_config.json holds several. Default "default". */
  readonly template?: string;
  /** Functions the model may call, where its template has a place for them. */
  readonly tools?: readonly ChatTool[];
  /**
   * Whether the model is to think before it answers, where its template lets one choose; a word for how much, for templates
   * that read `reasoning_effort`. Default: the template's own.
   */
  readonly thinking?: boolean | "low" | "medium" | "high";
  /** Further variables the template reads, e.g. `{ date_string: "1 May 2026" }`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}
