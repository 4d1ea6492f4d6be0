import { readFileSync } from "node:fs";
import { Marked } from "marked";
import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import { inRepository } from "../build/repository.ts";
import { plainText } from "../markdown/plainText.ts";
import type { DocumentGroup } from "./documents.ts";
import type { SiteNotebook } from "./notebookPages.ts";
import type { FramedPage, NamedPage } from "./pageFrame.ts";

interface Card extends NamedPage {
  readonly summary: string;
}

const MARKED = new Marked({ gfm: true });

const cards = (pages: readonly Card[]): string =>
  `<ul class="cards">\n${pages
    .map(
      ({ path, title, summary }) =>
        `<li><a href="${escapeHtml(path)}">${escapeHtml(title)}</a><p>${escapeHtml(summary)}</p></li>`,
    )
    .join("\n")}\n</ul>`;

/** What the site begins with: what Vitrine is, the live page, the notebooks, and every page of the documentation. */
export function indexPage(
  groups: readonly DocumentGroup[],
  notebooks: readonly SiteNotebook[],
  live: Card | null,
): FramedPage {
  const { description } = JSON.parse(readFileSync(inRepository("package.json"), "utf8")) as {
    description: string;
  };
  const documents = groups.map(
    ({ title, documents: pages }) =>
      `<h3>${escapeHtml(title)}</h3>\n${cards(
        pages.map(({ summary, ...page }) => ({
          ...page,
          summary: plainText(MARKED.parseInline(summary, { async: false })),
        })),
      )}`,
  );
  const body = `<h1>Vitrine</h1>
<p class="lead">${escapeHtml(description)}</p>
<p>Start it with <code>npm ci &amp;&amp; npm start</code>: the <a href="docs/overview.html">overview</a> says what happens then.</p>
${live === null ? "" : `<h2 id="live">Without installing anything</h2>\n${cards([live])}\n`}<h2 id="notebooks">Notebooks</h2>
<p>Each was run before it was put here. Its pictures respond: point at a token, choose a head, change a layer.</p>
${cards(notebooks)}
<h2 id="documentation">Documentation</h2>
${documents.join("\n")}`;
  return { path: "index.html", title: "Vitrine", body, headings: [], isText: true };
}
