import { Marked } from "marked";
import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import { Anchors } from "./anchors.ts";
import { plainText } from "./plainText.ts";

/** Where what a page names lies beside the rendered page; null: it is not there. */
export interface Addresses {
  readonly link: (href: string) => string | null;
  readonly picture: (source: string) => string | null;
  /** A block of code as HTML; without it the code is escaped alone. */
  readonly code?: (text: string, language: string) => string;
}

export interface Heading {
  readonly depth: number;
  /** The content of the heading, which may have code in it. */
  readonly html: string;
  readonly anchor: string;
}

export interface RenderedMarkdown {
  readonly html: string;
  readonly headings: readonly Heading[];
}

/**
 * Markdown as HTML: headings have GitHub's anchors, tables and code may be scrolled, links to what is not there become text, and so do
 * such pictures; raw HTML that shows one is left out.
 */
export function renderMarkdown(
  markdown: string,
  { link, picture, code = escapeHtml }: Addresses,
): RenderedMarkdown {
  const anchors = new Anchors();
  const headings: Heading[] = [];
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }) {
        const html = this.parser.parseInline(tokens);
        const anchor = anchors.next(html);
        headings.push({ depth, html, anchor });
        return `<h${depth} id="${anchor}">${html}</h${depth}>\n`;
      },
      tablecell({ tokens, header, align }) {
        const inner = this.parser.parseInline(tokens);
        const name = header && inner.trim() !== "" ? "th" : "td"; // a header without text is none
        return `<${name}${align ? ` align="${align}"` : ""}>${inner}</${name}>\n`;
      },
      code: ({ text, lang = "" }) => codeBlock(text, lang.split(/\s/)[0] ?? "", code),
      html: ({ text }) => htmlWith(text, picture),
      image({ href, text }) {
        const source = picture(href);
        return source === null
          ? escapeHtml(text)
          : `<img src="${escapeHtml(source)}" alt="${escapeHtml(text)}">`;
      },
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens);
        const to = link(href);
        return to === null
          ? `<span title="${escapeHtml(href)}">${inner}</span>`
          : `<a href="${escapeHtml(to)}">${inner}</a>`;
      },
    },
  });
  const html = marked
    .parse(markdown, { async: false })
    .replaceAll("<table>", '<div class="table"><table>')
    .replaceAll("</table>", "</table></div>");
  return { html, headings };
}

const codeBlock = (text: string, language: string, code: NonNullable<Addresses["code"]>): string =>
  `<pre><code${language === "" ? "" : ` class="language-${escapeHtml(language)}"`}>${code(text, language)}</code></pre>\n`;

/** HTML with its pictures where they lie; empty where one of them is not there. */
function htmlWith(html: string, picture: (source: string) => string | null): string {
  let isWhole = true;
  const text = html.replace(/\b(src|srcset)="([^"]+)"/g, (_, name: string, source: string) => {
    const address = picture(source);
    if (address === null) isWhole = false;
    return `${name}="${escapeHtml(address ?? "")}"`;
  });
  return isWhole ? text : "";
}

/** What stands below a heading, up to the next one. */
export interface Section {
  readonly heading: string;
  /** Empty before the first heading. */
  readonly anchor: string;
  readonly text: string;
}

/** A page's text by its headings. */
export function sectionsOf(html: string): Section[] {
  return html
    .split(/(?=<h[1-6] id=")/)
    .map((part): Section => {
      const [head = "", anchor = "", inner = ""] =
        /^<h[1-6] id="([^"]*)">([\s\S]*?)<\/h[1-6]>/.exec(part) ?? [];
      return { heading: plainText(inner), anchor, text: plainText(part.slice(head.length)) };
    })
    .filter(({ heading, text }) => heading !== "" || text !== "");
}
