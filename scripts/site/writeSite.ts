import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { highlight } from "../../cli/export/highlight.ts";
import { NOTEBOOK_STYLES } from "../../cli/export/notebookParts.ts";
import { inRepository, repositoryRoot } from "../build/repository.ts";
import { renderMarkdown, sectionsOf } from "../markdown/renderMarkdown.ts";
import { brokenLinks } from "./brokenLinks.ts";
import { type Document, documentGroups } from "./documents.ts";
import { indexPage } from "./indexPage.ts";
import { copyNotebooks, notebookPaths, type SiteNotebook, siteNotebooks } from "./notebookPages.ts";
import { type FramedPage, framedPage } from "./pageFrame.ts";
import { replaceFolder } from "./replaceFolder.ts";
import { searchScript } from "./searchIndex.ts";
import { siteAddresses } from "./siteAddresses.ts";
import { SITE_STYLES } from "./siteStyles.ts";

export interface SiteOptions {
  /** Folder of the site: empty, not there, or with an earlier site, which is replaced. */
  readonly out: string;
  /** Writes the page with a model in it to live/index.html. */
  readonly writeLive?: (out: string) => Promise<void>;
}

/** What was written. */
export interface SiteSummary {
  /** Without the live one, whose frame is its own. */
  readonly nPages: number;
  readonly nFiles: number;
  readonly bytes: number;
}

/** By what this file says a folder is known as a site; to GitHub its name says that the pages are no sources of Jekyll. */
const MARK = ".nojekyll";
const MARKED = "Vitrine's site: npm run site replaces this folder as a whole.\n";

const LIVE = {
  path: "live/index.html",
  title: "Live",
  summary: "A small model, computed in this browser.",
};

/**
 * Writes the documentation and the notebooks as a static site: relative addresses, no code on the server. A site that was there stays
 * until the new one is whole.
 * @throws Error where the folder holds something else, a notebook fails, or a link leads nowhere
 */
export async function writeSite({ out, writeLive }: SiteOptions): Promise<SiteSummary> {
  if (existsSync(out) && readdirSync(out).length > 0 && !isSite(out))
    throw new Error(
      `site: expected a folder that is empty or holds a site, got ${out} with other files. Name another folder with --out.`,
    );
  return replaceFolder(out, (folder) => fillSite(folder, writeLive));
}

async function fillSite(out: string, writeLive: SiteOptions["writeLive"]): Promise<SiteSummary> {
  write(join(out, MARK), MARKED);
  const groups = documentGroups();
  const documents = groups.flatMap(({ documents: all }) => all);
  const paths = new Map([
    ...documents.map(({ source, path }): [string, string] => [source, path]),
    ...notebookPaths(),
  ]);
  const notebooks = await siteNotebooks(paths, new Date());
  const live = writeLive === undefined ? null : LIVE;
  const map = { groups, notebooks, live };
  const pages = [
    indexPage(groups, notebooks, live),
    ...documentPages(documents, paths, out),
    ...notebooks.map(({ page }) => page),
  ];
  for (const page of pages) write(join(out, page.path), framedPage(page, map));
  copyNotebooks(notebooks, out);
  writeViews(notebooks, out);
  const searched = pages.filter(({ path }) => path !== "index.html");
  write(
    join(out, "search.js"),
    searchScript(
      searched.map((page) => ({ ...page, sections: sectionsOf(withoutFolded(page.body)) })),
    ),
  );
  write(join(out, "site.css"), NOTEBOOK_STYLES + SITE_STYLES);
  await writeClient(join(out, "site.js"));
  await writeLive?.(out);
  const broken = brokenLinks(out);
  if (broken.length > 0)
    throw new Error(
      `site: expected every link to lead somewhere, got ${broken.length} that do not. Mend the pages that they stand on.\n${broken.join("\n")}`,
    );
  return summaryOf(out, pages.length);
}

/** Any folder for GitHub Pages may have a file of that name. */
const isSite = (folder: string): boolean =>
  existsSync(join(folder, MARK)) && readFileSync(join(folder, MARK), "utf8") === MARKED;

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What a reader has not unfolded is not shown among what a search finds. */
const withoutFolded = (html: string): string =>
  html.replace(/<details class="folded">[\s\S]*?<\/details>/g, "");

/** The documents as pages; the pictures that they show are copied. */
function documentPages(
  documents: readonly Document[],
  paths: ReadonlyMap<string, string>,
  out: string,
): FramedPage[] {
  return documents.map(({ source, path, title, text }) => {
    const addresses = siteAddresses(source, path, paths);
    const { html, headings } = renderMarkdown(text, { ...addresses, code: highlight });
    for (const [file, at] of addresses.pictures) {
      mkdirSync(dirname(join(out, at)), { recursive: true });
      copyFileSync(inRepository(file), join(out, at));
    }
    return { path, title, headings, body: html, isText: true };
  });
}

/** The code of the pictures, once for all pages. */
function writeViews(notebooks: readonly SiteNotebook[], out: string): void {
  const code = new Map(notebooks.flatMap((notebook) => [...notebook.code]));
  for (const [view, esm] of code) write(join(out, "views", `${view}.js`), esm);
  copyFileSync(inRepository("dist/views/offline.js"), join(out, "views", "offline.js"));
}

async function writeClient(outfile: string): Promise<void> {
  await build({
    ...{ absWorkingDir: repositoryRoot, entryPoints: ["scripts/site/client/main.ts"], outfile },
    ...{ bundle: true, format: "iife", platform: "browser", target: "es2022", minify: true },
    logLevel: "silent",
  });
}

function summaryOf(out: string, nPages: number): SiteSummary {
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const bytes = files.reduce(
    (sum, { parentPath, name }) => sum + readFileSync(join(parentPath, name)).length,
    0,
  );
  return { nPages, nFiles: files.length, bytes };
}
