import { Marked } from "marked";
import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import { cleanHtml, type Inline } from "./cleanHtml.ts";
import { highlight } from "./highlight.ts";

/** Formulas, which markdown is not to read: $$...$$, \[...\], \(...\) and $...$ on one line. */
const MATH =
  /(```[\s\S]*?```|`[^`\n]*`)|(\$\$[\s\S]+?\$\$|\\\[[\s\S]+?\\\]|\\\([\s\S]+?\\\)|\$(?![\s$])(?:\\.|[^$\n\\])+?(?<!\s)\$(?!\d))/g;
/** What no text has: the place of the nth formula. */
const PLACE = (n: number): string => `\uE000${n}\uE001`;

const MARKED = new Marked({
  gfm: true,
  renderer: {
    code({ text, lang = "" }) {
      const language = lang.split(/\s/)[0] ?? "";
      return `<pre tabindex="0"><code>${highlight(text, language)}</code></pre>\n`;
    },
  },
});

/** Markdown as HTML that asks nobody: formulas as their TeX, code of TypeScript with its colours. */
export function markdownHtml(markdown: string, inline: Inline): string {
  const formulas: string[] = [];
  const text = markdown.replace(MATH, (whole, code: string | undefined) =>
    code === undefined ? PLACE(formulas.push(whole) - 1) : whole,
  );
  const html = cleanHtml(MARKED.parse(text, { async: false }), inline);
  return html.replace(/\uE000(\d+)\uE001/g, (_, n: string) => texHtml(formulas[Number(n)] ?? ""));
}

/** A formula as it was written. */
export const texHtml = (tex: string): string => `<code class="tex">${escapeHtml(tex)}</code>`;
