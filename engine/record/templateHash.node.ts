import { createHash } from "node:crypto";

/** sha256 of a chat template's source; null where there is none of that name, or no name. */
export function templateHash(
  tokenizer: { chatTemplate(name: string): string | null },
  name: string | null,
): string | null {
  const text = name === null ? null : tokenizer.chatTemplate(name);
  return text === null ? null : createHash("sha256").update(text).digest("hex");
}
