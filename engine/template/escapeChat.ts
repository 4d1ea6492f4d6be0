import { InputError } from "../base/errors.ts";
import type { ChatMessage, ChatOptions } from "./chat.ts";
import { toolCallsOf, wireCalls } from "./toolMessages.ts";

/** What an assistant said itself, under the names that templates read. Its calls are not among these. */
const OWN_WORDS = new Set(["content", "reasoning", "reasoning_content", "thinking"]);

export interface EscapedChat {
  readonly messages: readonly ChatMessage[];
  readonly options: ChatOptions;
  /**
   * Rendered text in parts; what is escaped is to be encoded as plain text.
   * @param plain the same conversation, rendered as it came
   * @throws InputError ERR_CHAT where the marks changed what the template writes
   */
  split(rendered: string, plain: string): { readonly text: string; readonly escaped: boolean }[];
}

/**
 * Marks special tokens that are written out in what is not the assistant's own words (other roles' messages, tools, the
 * arguments of calls), so that they can be told from the template's own in what the template renders. Null where there are
 * none.
 * @param special matches special tokens; global
 * @throws InputError ERR_CHAT where tool calls are none
 */
export function escapeChat(
  messages: readonly ChatMessage[],
  options: ChatOptions,
  special: RegExp,
): EscapedChat | null {
  let isFound = false;
  const look = (text: string) => {
    isFound ||= text.search(special) >= 0;
    return text;
  };
  for (const message of messages) mapForeign(message, look);
  mapStrings(options.tools, look);
  if (!isFound) return null;
  const [open, close] = unusedCharacters(
    JSON.stringify([messages, options.tools, options.variables]),
  );
  const mark = (text: string) => text.replace(special, `${open}$&${close}`);
  return {
    messages: messages.map((message) => mapForeign(message, mark)),
    options: { ...options, ...(options.tools && { tools: mapStrings(options.tools, mark) }) },
    split: (rendered, plain) => {
      const parts = splitAt(rendered, open, close);
      if (parts.map(({ text }) => text).join("") !== plain) throw changed();
      return parts;
    },
  };
}

/** A template may cut a text at the very token that is marked: marks that lost their partners count for nothing. */
function splitAt(rendered: string, open: string, close: string) {
  const parts = rendered.split(new RegExp(`(${open}[^${open}${close}]*${close})`, "u"));
  return parts.map((text, index) => ({
    text: text.replaceAll(open, "").replaceAll(close, ""),
    escaped: index % 2 === 1,
  }));
}

function changed(): InputError {
  return new InputError(
    "ERR_CHAT",
    "chat: expected a template that passes texts on, got one that counts, cuts or compares a text with a special token of the model in it. Take the special token out of the messages and tools: escaped, it would make another prompt.",
  );
}

function mapForeign(message: ChatMessage, change: (text: string) => string): ChatMessage {
  if (typeof message !== "object" || message === null) return message;
  const { role, toolCalls, tool_calls, ...fields } = message;
  const isOwn = (field: string) => role === "assistant" && OWN_WORDS.has(field);
  const calls = toolCallsOf(message);
  const isWire = toolCalls === undefined && Array.isArray(tool_calls);
  return {
    role,
    ...Object.fromEntries(
      Object.entries(fields).map(([field, value]) => [
        field,
        isOwn(field) ? value : mapStrings(value, change),
      ]),
    ),
    ...(isWire
      ? { tool_calls: mapStrings(wireCalls(message), change) }
      : {
          ...(toolCalls && { toolCalls: mapStrings(calls, change) }),
          ...(tool_calls === null && { tool_calls }),
        }),
  };
}

/** JSON with its strings changed, keys included. */
function mapStrings<T>(value: T, change: (text: string) => string): T {
  const changed = (): unknown => {
    if (typeof value === "string") return change(value);
    if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, item]) => [change(key), mapStrings(item, change)]),
    );
  };
  return changed() as T;
}

/**
 * Two that the text does not have: patterns of Braille, else rare ideographs. What a template can do to a text leaves them
 * as they are: they can be printed, and are neither space nor in upper or lower case.
 */
function unusedCharacters(text: string): [string, string] {
  const used = new Set(text);
  const free: string[] = [];
  for (let code = 0x2801; free.length < 2; code = code === 0x28ff ? 0x20000 : code + 1) {
    const character = String.fromCodePoint(code);
    if (!used.has(character)) free.push(character);
  }
  return free as [string, string];
}
