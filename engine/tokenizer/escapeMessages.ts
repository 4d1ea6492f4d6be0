import type { ChatMessage } from "./chat.ts";

/** Roles whose text comes from outside: what looks like a special token there is text. */
const FOREIGN_ROLES = new Set(["user", "tool"]);
/** Code points that Unicode keeps for internal use, in pairs. */
const MARKS = Array.from({ length: 16 }, (_, i) => String.fromCodePoint(0xfdd0 + 2 * i));

export interface EscapedMessages {
  readonly messages: readonly ChatMessage[];
  /** Rendered text in parts; what is escaped is to be encoded as plain text. */
  split(rendered: string): { readonly text: string; readonly escaped: boolean }[];
}

/**
 * Marks special tokens that are written out in the text of users and tools, so that they can be told from the template's own
 * in what the template renders. Null where there are none.
 * @param special matches special tokens; global
 */
export function escapeMessages(
  messages: readonly ChatMessage[],
  special: RegExp,
): EscapedMessages | null {
  const isForeign = ({ role, content }: ChatMessage) =>
    FOREIGN_ROLES.has(role) && typeof content === "string" && content.search(special) >= 0;
  if (!messages.some(isForeign)) return null;
  const all = JSON.stringify(messages);
  const mark = MARKS.find((candidate) => !all.includes(candidate));
  if (mark === undefined) return null;
  return {
    messages: messages.map((message) =>
      isForeign(message)
        ? { ...message, content: message.content?.replace(special, `${mark}$&${mark}`) ?? "" }
        : message,
    ),
    split: (rendered) =>
      rendered.split(mark).map((text, index) => ({ text, escaped: index % 2 === 1 })),
  };
}
