import { InputError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { ChatMessage, ChatTool, ToolCall } from "./chat.ts";

/**
 * The calls of a message: `toolCalls`, or `tool_calls` in the form of OpenAI's API, whose arguments may be JSON text.
 * @throws InputError ERR_CHAT
 */
export function toolCallsOf(message: ChatMessage | undefined): readonly ToolCall[] {
  const given = message?.toolCalls ?? message?.tool_calls ?? [];
  if (!Array.isArray(given)) throw refusal("tool calls to be a list", given);
  return given.map((item) => {
    const call = unwrapped(item);
    if (typeof call?.name !== "string") throw refusal("every tool call to have a name", item);
    const { arguments: written, argumentsJson } = call;
    const values = typeof written === "string" ? parse(written) : written;
    if (!isObject(values)) throw refusal("arguments of a tool call to be an object", item);
    const json = typeof written === "string" ? written : argumentsJson;
    const { id } = item as JsonObject;
    return {
      name: call.name,
      arguments: values,
      ...(typeof json === "string" && { argumentsJson: json }),
      ...(typeof id === "string" && { id }),
    };
  });
}

/**
 * `tool_calls` of a message with every field they were given, their arguments as an object, and as `argumentsJson` the text
 * where they were text.
 * @throws InputError ERR_CHAT
 */
export function wireCalls(message: ChatMessage): JsonObject[] {
  const calls = toolCallsOf({ role: message.role, tool_calls: message.tool_calls });
  return calls.map(({ arguments: values, argumentsJson }, i) => {
    const item = (message.tool_calls as JsonObject[])[i] as JsonObject;
    const read = { arguments: values, ...(argumentsJson !== undefined && { argumentsJson }) };
    return isObject(item.function)
      ? { ...item, function: { ...item.function, ...read } }
      : { ...item, ...read };
  });
}

/** Tools, bare or wrapped as OpenAI's API has them: `{ type: "function", function: {...} }`. @throws InputError ERR_CHAT */
export function toolsOf(given: unknown): readonly ChatTool[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw refusal("tools to be a list", given);
  return given.map((item) => {
    const tool = unwrapped(item);
    if (typeof tool?.name !== "string") throw refusal("every tool to have a name", item);
    return tool as unknown as ChatTool;
  });
}

function unwrapped(item: unknown): JsonObject | null {
  if (!isObject(item)) return null;
  return isObject(item.function) ? item.function : item;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusal(expected: string, got: unknown): InputError {
  return new InputError(
    "ERR_CHAT",
    `chat: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 80)}. Pass calls such as { name: "search", arguments: { query: "owl" } } and tools such as { name: "search", parameters: {...} }.`,
  );
}
