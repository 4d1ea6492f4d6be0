import type { JsonObject } from "../base/json.ts";
import type { ChatMessage, ChatOptions, ToolCall } from "./chat.ts";
import type { Dict } from "./jinja/containers.ts";
import { dictFromJs, fromJs } from "./jinja/fromJs.ts";
import { NoContent } from "./jinja/noContent.ts";
import { ToolArguments } from "./jinja/toolArguments.ts";
import type { Value } from "./jinja/values.ts";
import { numbersAsWritten } from "./numbersAsWritten.ts";
import { toolCallsOf, toolsOf, wireCalls } from "./toolMessages.ts";
import { withCallIds } from "./withCallIds.ts";

/**
 * Messages under the names that templates read. Those in this engine's form: `reasoning` becomes `reasoning_content` and
 * `thinking`, `toolCalls` becomes `tool_calls`, and beside calls an empty content is both None and "", whichever the template
 * asks for. Those in the form of OpenAI's API, with `tool_calls`, stay as they are. In both, the arguments of calls are an
 * object where the template uses one, and text where it writes them; calls and results without an id get one where it
 * reads ids.
 * @param source the template
 */
export function templateMessages(messages: readonly ChatMessage[], source: string): Value[] {
  const given = /tool_call(_id|\.id\b)/.test(source) ? withCallIds(messages) : messages;
  return given.map((message) =>
    message.toolCalls === undefined && message.tool_calls !== undefined
      ? wireMessage(message)
      : ownMessage(message),
  );
}

function ownMessage(message: ChatMessage): Dict {
  const calls = toolCallsOf(message);
  const { toolCalls: _, tool_calls: __, ...fields } = message;
  return dictFromJs({
    ...withReasoning(message.reasoning),
    ...fields,
    content: message.content || (calls.length > 0 ? new NoContent() : ""),
    reasoning: undefined,
    ...(calls.length > 0 && { tool_calls: calls.map(calledFunction) }),
  });
}

function wireMessage(message: ChatMessage): Dict {
  return dictFromJs({
    ...withReasoning(message.reasoning),
    ...message,
    reasoning: undefined,
    tool_calls: message.tool_calls && wireCalls(message).map(wireCall),
  });
}

function withReasoning(reasoning: string | undefined) {
  return reasoning ? { reasoning_content: reasoning, thinking: reasoning } : {};
}

function calledFunction({ name, arguments: values, argumentsJson, id }: ToolCall) {
  return {
    ...(id !== undefined && { id }),
    type: "function",
    function: { name, arguments: argumentsOf(values, argumentsJson) },
  };
}

/** A call with its fields in the caller's order. */
function wireCall(item: JsonObject): JsonObject {
  const shown = ({ argumentsJson, ...call }: JsonObject): JsonObject => ({
    ...call,
    arguments: argumentsOf(call.arguments as JsonObject, argumentsJson as string | undefined),
  });
  return "function" in item
    ? { ...item, function: shown(item.function as JsonObject) }
    : shown(item);
}

function argumentsOf(values: JsonObject, json: string | undefined): ToolArguments {
  return new ToolArguments(numbersAsWritten(values, json), json ?? null);
}

/** The variables that tools and thinking have in templates; transformers passes tools and documents always. */
export function templateVariables({ tools, thinking }: ChatOptions): Record<string, Value> {
  const given = toolsOf(tools).map((tool, i) => fromJs(wrappedTool(tools?.[i], tool)));
  return {
    tools: given.length > 0 ? given : null,
    documents: null,
    ...(thinking !== undefined && {
      thinking: thinking !== false,
      enable_thinking: thinking !== false,
    }),
    ...(typeof thinking === "string" && { reasoning_effort: thinking }),
  };
}

/** A tool that comes wrapped keeps the order of its fields. */
function wrappedTool(item: unknown, tool: unknown): unknown {
  return item === tool ? { type: "function", function: tool } : item;
}
