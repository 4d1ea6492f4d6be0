import { escapeHtml } from "../display/escapeHtml.ts";
import { codePointOffset, utf16Offset } from "../protocol/codePoints.ts";
import type { Json } from "../protocol/messages.ts";
import type { Notebook } from "./notebook.ts";

/** How many completions carry their kind; front ends show a few dozen. */
const TYPED_MATCHES = 500;

/** The content of complete_reply. */
export function completeReply(notebook: Notebook, content: Json): Json {
  const { code, offset } = cursor(content);
  const { items, start, end } = notebook.language.complete(code, offset);
  const range = { start: codePointOffset(code, start), end: codePointOffset(code, end) };
  return {
    status: "ok",
    matches: items.map(({ text }) => text),
    cursor_start: range.start,
    cursor_end: range.end,
    metadata: {
      _jupyter_types_experimental: items
        .slice(0, TYPED_MATCHES)
        .map(({ kind, ...item }) => ({ ...item, type: kind, ...range })),
    },
  };
}

/** Source of a name that is longer is cut. */
const MOST_SOURCE = 4000;

/** The content of inspect_reply: type and documentation; at detail 1 the source of the declaration as well. */
export function inspectReply(notebook: Notebook, content: Json): Json {
  const { code, offset } = cursor(content);
  const found =
    notebook.language.inspect(code, offset) ??
    notebook.language.inspect(code, code.slice(0, offset).replace(/[\s(,]+$/, "").length);
  if (found === null) return { status: "ok", found: false, data: {}, metadata: {} };
  const { signature, documentation, declaration } = found;
  const source = content.detail_level === 1 && declaration !== null ? cut(declaration) : "";
  const parts = [
    { text: signature, isCode: true },
    { text: documentation, isCode: false },
    { text: source, isCode: true },
  ].filter(({ text }) => text !== "");
  const join = (write: (text: string, isCode: boolean) => string): string =>
    parts.map(({ text, isCode }) => write(text, isCode)).join("\n\n");
  return {
    status: "ok",
    found: true,
    data: {
      "text/plain": join((text) => text),
      "text/markdown": join((text, isCode) =>
        isCode ? `\`\`\`typescript\n${text}\n\`\`\`` : text,
      ),
      "text/html": join((text, isCode) =>
        isCode
          ? `<pre><code class="language-typescript">${escapeHtml(text)}</code></pre>`
          : `<p style="white-space: pre-wrap">${escapeHtml(text)}</p>`,
      ),
    },
    metadata: {},
  };
}

const cut = (text: string): string =>
  text.length > MOST_SOURCE ? `${text.slice(0, MOST_SOURCE)}\n...` : text;

function cursor(content: Json): { code: string; offset: number } {
  const code = String(content.code ?? "");
  return { code, offset: utf16Offset(code, Number(content.cursor_pos ?? code.length)) };
}
