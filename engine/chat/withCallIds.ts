import type { ChatMessage } from "../tokenizer/chat.ts";
import { toolCallsOf } from "./toolMessages.ts";

/**
 * Gives calls without an id one of nine letters and digits, the form that Mistral's templates insist on, and results without
 * one the ids of the calls before them, in order.
 */
export function withCallIds(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  let nGiven = 0;
  let open: string[] = [];
  return messages.map((message) => {
    const calls = toolCallsOf(message);
    if (calls.length > 0) {
      const toolCalls = calls.map((call) => ({
        ...call,
        id: call.id ?? `call${String(nGiven++).padStart(5, "0")}`,
      }));
      open = toolCalls.map(({ id }) => id);
      return { ...message, toolCalls };
    }
    if (message.role !== "tool") return message;
    const id = typeof message.tool_call_id === "string" ? message.tool_call_id : open[0];
    open = open.filter((other) => other !== id);
    return id === undefined ? message : { ...message, tool_call_id: id };
  });
}
