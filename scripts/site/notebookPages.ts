import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { notebookParts } from "../../cli/export/notebookParts.ts";
import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import { sharedParts } from "../../widgets/offline/page.ts";
import { inRepository } from "../build/repository.ts";
import { Anchors } from "../markdown/anchors.ts";
import { plainText } from "../markdown/plainText.ts";
import type { Addresses, Heading } from "../markdown/renderMarkdown.ts";
import { executedNotebook } from "./executedNotebook.ts";
import type { FramedPage, NamedPage } from "./pageFrame.ts";
import { siteAddresses } from "./siteAddresses.ts";

/** A notebook of the repository, as it was run. */
export interface SiteNotebook extends NamedPage {
  /** "notebooks/03-induction.ipynb" */
  readonly source: string;
  /** The first two sentences below the title, as text. */
  readonly summary: string;
  /** Code of the views that its pictures need, by name. */
  readonly code: ReadonlyMap<string, string>;
  readonly page: FramedPage;
  readonly executed: string;
}

/** The notebooks of the repository in the order of their names, with the path of each page in the site. */
export const notebookPaths = (): Map<string, string> =>
  new Map(
    readdirSync(inRepository("notebooks"))
      .filter((name) => name.endsWith(".ipynb"))
      .sort()
      .map((name) => [`notebooks/${name}`, `notebooks/${name.replace(/\.ipynb$/, ".html")}`]),
  );

/**
 * All notebooks, in the order of their names.
 * @param pages all pages of the site by the path of their source, for links between them
 * @param date stands on the pages
 */
export async function siteNotebooks(
  pages: ReadonlyMap<string, string>,
  date: Date,
): Promise<SiteNotebook[]> {
  const notebooks: SiteNotebook[] = [];
  // One after another: each of those that have to be run takes all cores.
  for (const [source, path] of notebookPaths()) {
    const { link } = siteAddresses(source, path, pages);
    notebooks.push(await readOne({ source, path }, link, date));
  }
  return notebooks;
}

async function readOne(
  { source, path }: Pick<SiteNotebook, "source" | "path">,
  link: Addresses["link"],
  date: Date,
): Promise<SiteNotebook> {
  const executed = await executedNotebook(source);
  const { title, html, pictures, facts } = await notebookParts(executed, date);
  const { html: body, headings } = withAnchors(withLinks(html, link));
  const file = basename(source);
  const lines = facts.map((fact) => `<p>${escapeHtml(fact)}</p>`).join("\n");
  return {
    ...{ source, path, title, executed, summary: firstSentences(body) },
    code: new Map(pictures.map(({ view, esm }) => [view, esm])),
    page: {
      ...{ path, title, headings, isText: false },
      body: `${body}
<footer class="about-page">
<p><a href="${escapeHtml(file)}" download>Download this notebook</a>, and open it with <code>npx vitrine lab</code> to run and change it.</p>
${lines}
</footer>`,
      end: sharedParts(pictures, "../views"),
    },
  };
}

/** Links of cells, as they are in the site; one to what the site has not is text that names it. */
const withLinks = (html: string, link: Addresses["link"]): string =>
  html.replace(/<a href="([^"]*)"/g, (_, address: string) => {
    const to = link(plainText(address));
    return to === null ? `<a title="${address}"` : `<a href="${escapeHtml(to)}"`;
  });

/** Headings of cells with anchors; those that the exported pictures have are not among them. */
function withAnchors(html: string): { html: string; headings: Heading[] } {
  const anchors = new Anchors();
  const headings: Heading[] = [];
  const anchored = html.replace(
    /<h([1-6])>([\s\S]*?)<\/h\1>/g,
    (_, depth: string, inner: string) => {
      const anchor = anchors.next(inner);
      headings.push({ depth: Number(depth), html: inner, anchor });
      return `<h${depth} id="${anchor}">${inner}</h${depth}>`;
    },
  );
  return { html: anchored, headings };
}

/** What the first paragraph below the title begins with. */
function firstSentences(html: string): string {
  const paragraph = plainText(/<\/h1>\s*<p>([\s\S]*?)<\/p>/.exec(html)?.[1] ?? "");
  return /^(?:[\s\S]*?[.?!](?=\s|$)){1,2}/.exec(paragraph)?.[0] ?? paragraph;
}

/** Writes the notebooks as they were run beside their pages. */
export function copyNotebooks(notebooks: readonly SiteNotebook[], out: string): void {
  for (const { executed, source } of notebooks) {
    mkdirSync(dirname(join(out, source)), { recursive: true });
    copyFileSync(executed, join(out, source));
  }
}
