import type { ChatMessage, ChatOptions, ToolCall } from "../tokenizer/chat.ts";
import { pythonJson } from "./pythonJson.ts";
import { toolCallsOf, toolsOf } from "./toolMessages.ts";
import { withCallIds } from "./withCallIds.ts";

/**
 * Messages under the names that templates read: `reasoning` becomes `reasoning_content` and `thinking`, `toolCalls` becomes
 * `tool_calls`. Families differ in what they expect, so the template's text decides: arguments are an object where it
 * applies `tojson` to them, or to the whole call, without asking whether they are text, else JSON text; an empty content beside
 * tool calls is null where it tests for none, else ""; calls and results without an id get one where it reads ids.
 * @param source the template
 */
export function templateMessages(
  messages: readonly ChatMessage[],
  source: string,
): Record<string, unknown>[] {
  const wantsObject =
    /(arguments|call\.function)\s*\|\s*tojson/.test(source) && !/arguments is string/.test(source);
  const testsNone = /content['"\]]*\s+is\s+(not\s+)?none/i.test(source);
  const given = /tool_call(_id|\.id\b)/.test(source) ? withCallIds(messages) : messages;
  return given.map((message) => {
    const { toolCalls, tool_calls, reasoning, content, ...fields } = message;
    const calls = toolCallsOf(message);
    return {
      ...(reasoning && { reasoning_content: reasoning, thinking: reasoning }),
      ...fields,
      content: content || (testsNone && calls.length > 0 ? null : ""),
      ...(calls.length > 0 && { tool_calls: calls.map((call) => wrapped(call, wantsObject)) }),
    };
  });
}

/** The variables that tools and thinking have in templates; none for what the caller leaves open. */
export function templateVariables({ tools, thinking }: ChatOptions): Record<string, unknown> {
  const given = toolsOf(tools);
  return {
    ...(given.length > 0 && {
      tools: given.map((tool) => ({ type: "function", function: tool })),
    }),
    ...(thinking !== undefined && {
      thinking: thinking !== false,
      enable_thinking: thinking !== false,
    }),
    ...(typeof thinking === "string" && { reasoning_effort: thinking }),
  };
}

function wrapped({ name, arguments: values, argumentsJson, id }: ToolCall, wantsObject: boolean) {
  const written = wantsObject ? values : (argumentsJson ?? pythonJson(values));
  return {
    ...(id !== undefined && { id }),
    type: "function",
    function: { name, arguments: written },
  };
}
