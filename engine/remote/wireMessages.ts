import { InputError } from "../base/errors.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import type { ChatMessage } from "../template/chat.ts";
import { toolCallsOf } from "../template/toolMessages.ts";
import { withCallIds } from "../template/withCallIds.ts";

/**
 * Messages in the form of OpenAI's API. What an assistant thought goes along behind the last user's message alone: there servers
 * need it to go on with a tool loop, before it they drop it or refuse it.
 * @throws InputError ERR_CHAT
 */
export function wireMessages(messages: readonly ChatMessage[]): JsonObject[] {
  if (!Array.isArray(messages) || messages.length === 0)
    throw new InputError(
      "ERR_CHAT",
      'remote chat: expected at least one message, got none. Pass a list such as [{ role: "user", content: "Hello" }].',
    );
  const wrong = messages.findIndex(
    (message) => !isObject(message) || typeof message.role !== "string",
  );
  if (wrong >= 0)
    throw new InputError(
      "ERR_CHAT",
      `remote chat: expected a role in every message, got ${JSON.stringify(messages[wrong])?.slice(0, 80)} at ${wrong}. Write { role, content }.`,
    );
  const lastUser = messages.findLastIndex(({ role }) => role === "user");
  return withCallIds(messages).map((message, i) => wireMessage(message, i > lastUser));
}

function wireMessage(message: ChatMessage, thinksAloud: boolean): JsonObject {
  const { reasoning, toolCalls, content = null, ...fields } = message;
  const calls = toolCalls === undefined ? [] : toolCallsOf(message);
  return {
    ...fields,
    content,
    ...(thinksAloud && reasoning && { reasoning_content: reasoning }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ name, arguments: values, argumentsJson, id }) => ({
        id,
        type: "function",
        function: { name, arguments: argumentsJson ?? JSON.stringify(values) },
      })),
    }),
  };
}
