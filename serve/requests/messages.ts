import type { ChatMessage, ToolCall } from "../../engine/index.node.ts";
import { ApiError, fieldError } from "../apiError.ts";
import { isObject, type JsonRecord } from "./json.ts";

/** Which fields a message of each role may have. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  system: ["content", "name"],
  developer: ["content", "name"],
  user: ["content", "name"],
  assistant: ["content", "name", "tool_calls", "reasoning_content"],
  tool: ["content", "name", "tool_call_id"],
};

/** Messages in OpenAI's form, as chat templates read them. @throws ApiError for what they cannot have */
export function chatMessages(messages: readonly unknown[]): ChatMessage[] {
  return messages.map((message, i) => chatMessage(message, `messages[${i}]`));
}

function chatMessage(message: unknown, param: string): ChatMessage {
  if (!isObject(message))
    throw fieldError(param, "an object with role and content", message, "Correct the message.");
  const { role } = message;
  const allowed = typeof role === "string" ? FIELDS[role] : undefined;
  if (allowed === undefined)
    throw fieldError(
      `${param}.role`,
      Object.keys(FIELDS).join(", "),
      role,
      "Correct the message's role.",
    );
  for (const [name, value] of Object.entries(message)) {
    const isNothing = value === null || (Array.isArray(value) && value.length === 0);
    if (name === "role" || allowed.includes(name) || isNothing) continue;
    throw new ApiError(
      400,
      `${param}.${name}: expected none in a message of the role ${role}, got one. Leave it out.`,
      { param: `${param}.${name}`, code: "unknown_parameter" },
    );
  }
  const content = textOf(message.content ?? null, `${param}.content`);
  const shared = { content, ...(typeof message.name === "string" && { name: message.name }) };
  if (role === "assistant") return { role, ...shared, ...assistantFields(message, param) };
  if (content === null)
    throw fieldError(`${param}.content`, "a text", message.content, "Add the message's text.");
  if (role === "developer") return { role: "system", ...shared };
  if (role !== "tool") return { role: role as string, ...shared };
  if (typeof message.tool_call_id !== "string")
    throw fieldError(
      `${param}.tool_call_id`,
      "the id of the call that it answers",
      message.tool_call_id,
      "Add it.",
    );
  return { role, ...shared, tool_call_id: message.tool_call_id };
}

/** A text, or its parts put together. */
function textOf(content: unknown, param: string): string | null {
  if (content === null || typeof content === "string") return content;
  if (!Array.isArray(content))
    throw fieldError(param, "a text, or a list of parts", content, "Correct the message.");
  return content
    .map((part, i) => {
      if (isObject(part) && part.type === "text" && typeof part.text === "string") return part.text;
      throw fieldError(
        `${param}[${i}]`,
        'a part of the form { type: "text", text }',
        isObject(part) ? part.type : part,
        "This server reads text alone.",
      );
    })
    .join("");
}

function assistantFields(message: JsonRecord, param: string): Partial<ChatMessage> {
  const { reasoning_content: reasoning, tool_calls: calls } = message;
  if (reasoning !== undefined && reasoning !== null && typeof reasoning !== "string")
    throw fieldError(`${param}.reasoning_content`, "a text", reasoning, "Correct the message.");
  if (calls !== undefined && calls !== null && !Array.isArray(calls))
    throw fieldError(`${param}.tool_calls`, "a list of calls", calls, "Correct the message.");
  const toolCalls = (calls ?? []).map((call: unknown, i: number) =>
    toolCall(call, `${param}.tool_calls[${i}]`),
  );
  return {
    ...(typeof reasoning === "string" && reasoning !== "" && { reasoning }),
    ...(toolCalls.length > 0 && { toolCalls }),
  };
}

function toolCall(call: unknown, param: string): ToolCall {
  const made = isObject(call) && isObject(call.function) ? call.function : {};
  const { name, arguments: json } = made;
  if (!isObject(call) || typeof name !== "string" || typeof json !== "string")
    throw fieldError(
      param,
      '{ id, type: "function", function: { name, arguments } } with arguments as a text of JSON',
      call,
      "Send the call back as it came.",
    );
  const given = parsed(json);
  if (!isObject(given))
    throw fieldError(
      `${param}.function.arguments`,
      "a JSON object as text",
      json,
      "Send the call back as it came.",
    );
  return {
    ...{ name, arguments: given as ToolCall["arguments"], argumentsJson: json },
    ...(typeof call.id === "string" && { id: call.id }),
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json === "" ? "{}" : json);
  } catch {
    return null;
  }
}
