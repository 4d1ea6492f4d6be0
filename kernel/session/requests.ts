import { codePointOffset, utf16Offset } from "../protocol/codePoints.ts";
import type { Json } from "../protocol/messages.ts";
import type { Notebook } from "./notebook.ts";

/** How many completions carry their kind; front ends show a few dozen. */
const TYPED_MATCHES = 500;

/** The content of complete_reply. */
export function completeReply(notebook: Notebook, content: Json): Json {
  const { code, offset } = cursor(content);
  const { matches, start, end, kinds } = notebook.language.complete(code, offset);
  const range = { start: codePointOffset(code, start), end: codePointOffset(code, end) };
  return {
    status: "ok",
    matches,
    cursor_start: range.start,
    cursor_end: range.end,
    metadata: {
      _jupyter_types_experimental: matches
        .slice(0, TYPED_MATCHES)
        .map((text) => ({ text, type: kinds.get(text) ?? "", ...range })),
    },
  };
}

/** The content of inspect_reply. */
export function inspectReply(notebook: Notebook, content: Json): Json {
  const { code, offset } = cursor(content);
  const found =
    notebook.language.inspect(code, offset) ??
    notebook.language.inspect(code, code.slice(0, offset).replace(/[\s(,]+$/, "").length);
  if (found === null) return { status: "ok", found: false, data: {}, metadata: {} };
  const { signature, documentation } = found;
  return {
    status: "ok",
    found: true,
    data: {
      "text/plain": [signature, documentation].filter((part) => part !== "").join("\n\n"),
      "text/markdown": `\`\`\`typescript\n${signature}\n\`\`\`\n\n${documentation}`,
    },
    metadata: {},
  };
}

function cursor(content: Json): { code: string; offset: number } {
  const code = String(content.code ?? "");
  return { code, offset: utf16Offset(code, Number(content.cursor_pos ?? code.length)) };
}
