import type { JsonObject } from "../base/json.ts";
import type { ChatMessage } from "./chat.ts";
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
      open = calls.map(({ id }) => id ?? `call${String(nGiven++).padStart(5, "0")}`);
      const identified = (items: readonly object[]) =>
        items.map((item, i) => ({ id: open[i], ...item }));
      return message.toolCalls
        ? { ...message, toolCalls: identified(calls) as never }
        : { ...message, tool_calls: identified(message.tool_calls as JsonObject[]) };
    }
    if (message.role !== "tool") return message;
    const id = typeof message.tool_call_id === "string" ? message.tool_call_id : open[0];
    open = open.filter((other) => other !== id);
    return id === undefined ? message : { ...message, tool_call_id: id };
  });
}
