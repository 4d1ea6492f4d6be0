import { InputError } from "../base/errors.ts";
import type { ChatMessage, ChatOptions, ChatTool } from "./chat.ts";
import { DSML_CLOSE, DSML_OPEN, writeDsml } from "./dsml.ts";
import { pythonJson } from "./pythonJson.ts";
import { toolCallsOf, toolsOf } from "./toolMessages.ts";

const BOS = "<｜begin▁of▁sentence｜>";
const EOS = "<｜end▁of▁sentence｜>";

/**
 * A conversation as DeepSeek-V3.2 reads it; its checkpoints bring no template. With thinking on, an assistant's reasoning is
 * shown from the last user message on, so all through a tool loop, and dropped when the next user message arrives, and so are
 * the developer messages before that. `thinking` is on unless `false`.
 * @throws InputError ERR_CHAT where a role is unknown, a developer message is empty, or tool results do not follow their calls
 * @see encoding_dsv32.py of the checkpoint
 */
export function renderDeepseekV32(
  messages: readonly ChatMessage[],
  { tools, thinking = true, addGenerationPrompt = true }: ChatOptions,
): string {
  const thinks = thinking !== false;
  const shown = withoutPastDevelopers(withTools(messages, tools), thinks);
  const lastUser = shown.findLastIndex(isUser);
  const context = { shown, lastUser, thinks, addGenerationPrompt };
  return BOS + shown.map((_, index) => renderMessage(index, context)).join("");
}

interface Context {
  readonly shown: readonly ChatMessage[];
  readonly lastUser: number;
  readonly thinks: boolean;
  readonly addGenerationPrompt: boolean;
}

function renderMessage(index: number, context: Context): string {
  const { shown, lastUser, thinks, addGenerationPrompt } = context;
  const message = shown[index] as ChatMessage;
  const opens = addGenerationPrompt || index < shown.length - 1;
  const tag = (isNow: boolean) => (isNow && thinks ? "<think>" : "</think>");
  switch (message.role) {
    case "system":
      return (message.content ?? "") + describe(message);
    case "developer":
    case "user": {
      const text = message.role === "user" ? (message.content ?? "") : developerText(message);
      return `<｜User｜>${text}${opens ? `<｜Assistant｜>${tag(index === lastUser)}` : ""}`;
    }
    case "tool":
      return renderResult(index, shown, opens ? `\n\n${tag(index >= lastUser)}` : "");
    case "assistant": {
      const calls = toolCallsOf(message);
      const reasoning =
        thinks && index > lastUser
          ? `${message.reasoning ?? message.reasoning_content ?? ""}</think>`
          : "";
      const called = calls.length > 0 ? `\n\n${writeDsml(calls)}` : "";
      return `${reasoning}${message.content ?? ""}${called}${EOS}`;
    }
    default:
      throw refusal(
        `the roles system, developer, user, assistant and tool`,
        JSON.stringify(message.role),
        "Use one of these.",
      );
  }
}

/** One result of a turn's calls: the first opens the list, the last closes it and the next turn follows. */
function renderResult(index: number, shown: readonly ChatMessage[], next: string): string {
  let caller = index - 1;
  while (shown[caller]?.role === "tool") caller -= 1;
  const calls = toolCallsOf(shown[caller]);
  const order = index - caller;
  if (shown[caller]?.role !== "assistant" || order > calls.length)
    throw refusal(
      `${calls.length} tool results behind an assistant's ${calls.length} calls`,
      `a further one in message ${index}`,
      "Let each tool message follow the call that it answers.",
    );
  const first = order === 1 ? "\n\n<function_results>" : "";
  const last = order === calls.length ? `\n</function_results>${next}` : "";
  return `${first}\n<result>${shown[index]?.content ?? ""}</result>${last}`;
}

function developerText(message: ChatMessage): string {
  if (!message.content)
    throw refusal("text in a developer message", "none", "Write it, or leave the message out.");
  return `${describe(message)}\n\n# The user's message is: ${message.content}`;
}

/** The tools and the response format that a message brings. */
function describe(message: ChatMessage): string {
  const tools = toolsOf(message.tools);
  const format = message.response_format;
  return (
    (tools.length > 0 ? `\n\n${describeTools(tools)}` : "") +
    (format
      ? `\n\n## Response Format:\n\nYou MUST strictly adhere to the following schema to reply:\n${pythonJson(format)}`
      : "")
  );
}

/** The checkpoint's own words: it was trained on exactly these. */
function describeTools(tools: readonly ChatTool[]): string {
  const invoke = (name: string) => DSML_OPEN.replace("function_calls", `invoke name="${name}"`);
  const endInvoke = DSML_CLOSE.replace("function_calls", "invoke");
  const parameter = `${DSML_OPEN.replace("function_calls", 'parameter name="$PARAMETER_NAME" string="true|false"')}$PARAMETER_VALUE${DSML_CLOSE.replace("function_calls", "parameter")}`;
  return `## Tools

You have access to a set of tools you can use to answer the user's question.
You can invoke functions by writing a "${DSML_OPEN}" block like the following as part of your reply to the user:
${DSML_OPEN}
${invoke("$FUNCTION_NAME")}
${parameter}
...
${endInvoke}
${invoke("$FUNCTION_NAME2")}
...
${endInvoke}
${DSML_CLOSE}

String and scalar parameters should be specified as is without any escaping or quotes, while lists and objects should use JSON format. The "string" attribute should be set to "true" for string type parameters and "false" for other types (numbers, booleans, arrays, objects).

If the thinking_mode is enabled, then after function results you should strongly consider outputting a thinking block. Here is an example:

${DSML_OPEN}
...
${DSML_CLOSE}

<function_results>
...
</function_results>

<think>...thinking about results</think>

Here are the functions available in JSONSchema format:
<functions>
${tools.map(pythonJson).join("\n")}
</functions>
`;
}

/** Tools stand in the first system message; where there is none, in one that holds nothing else. */
function withTools(
  messages: readonly ChatMessage[],
  tools: readonly ChatTool[] | undefined,
): readonly ChatMessage[] {
  if (tools === undefined || tools.length === 0) return messages;
  const first = messages.findIndex(({ role }) => role === "system");
  if (first < 0) return [{ role: "system", content: "", tools }, ...messages];
  return messages.map((message, index) => (index === first ? { ...message, tools } : message));
}

function withoutPastDevelopers(
  messages: readonly ChatMessage[],
  thinks: boolean,
): readonly ChatMessage[] {
  const lastUser = messages.findLastIndex(isUser);
  return thinks
    ? messages.filter(({ role }, index) => role !== "developer" || index >= lastUser)
    : messages;
}

function isUser({ role }: ChatMessage): boolean {
  return role === "user" || role === "developer";
}

function refusal(expected: string, got: string, fix: string): InputError {
  return new InputError("ERR_CHAT", `chat: expected ${expected}, got ${got}. ${fix}`);
}
