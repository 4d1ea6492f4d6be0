import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import type { Heading } from "../markdown/renderMarkdown.ts";
import type { DocumentGroup } from "./documents.ts";
import { relativeAddress } from "./siteAddresses.ts";

/** A page that the navigation names. */
export interface NamedPage {
  readonly path: string;
  readonly title: string;
}

/** What all pages of the site have in common. */
export interface SiteMap {
  readonly groups: readonly DocumentGroup[];
  readonly notebooks: readonly NamedPage[];
  /** The page with a model in it, where the site has one. */
  readonly live: NamedPage | null;
}

export interface FramedPage {
  readonly path: string;
  readonly title: string;
  /** HTML of the main part. */
  readonly body: string;
  readonly headings: readonly Heading[];
  /** Whether the main part is text alone; parts of a notebook say that of themselves. */
  readonly isText: boolean;
  /** Stands at the end of the body. */
  readonly end?: string;
}

/** Nothing is asked of another origin, and no script runs but the site's files. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "media-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** So many entries of a table of contents are read at a glance; where there are more, it has the higher headings alone. */
const MAX_ENTRIES = 40;

/** A page of the site as HTML, with what leads to the others. Every address is relative to the page. */
export function framedPage(page: FramedPage, map: SiteMap): string {
  const to = (path: string): string => escapeHtml(relativeAddress(page.path, path));
  const entry = ({ path, title }: NamedPage): string =>
    `<li><a href="${to(path)}"${path === page.path ? ' aria-current="page"' : ""}>${escapeHtml(title)}</a></li>`;
  const list = (title: string, pages: readonly NamedPage[]): string =>
    `<h2>${escapeHtml(title)}</h2>\n<ul>\n${pages.map(entry).join("\n")}\n</ul>`;
  const isIndex = page.path === "index.html";
  const root = relativeAddress(page.path, "index.html").slice(0, -"index.html".length);
  const live =
    map.live === null ? "" : `<a href="${to(map.live.path)}">${escapeHtml(map.live.title)}</a>`;
  const lists = [
    list("Notebooks", map.notebooks),
    ...map.groups.map(({ title, documents }) => list(title, documents)),
  ];
  return `<!doctype html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(isIndex ? page.title : `${page.title} - Vitrine`)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${to("site.css")}">
<script src="${to("site.js")}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header class="site-header">
<a class="brand" href="${to("index.html")}">Vitrine</a>
<nav aria-label="Site">
<a href="${to("index.html")}#documentation">Documentation</a>
<a href="${to("index.html")}#notebooks">Notebooks</a>
${live}</nav>
<button type="button" class="pages-button" aria-expanded="false" aria-controls="pages" hidden>Pages</button>
<button type="button" class="search-button" hidden>Search <kbd>/</kbd></button>
</header>
<div class="site-columns${isIndex ? " index" : ""}">
${isIndex ? "" : `<nav class="site-nav" id="pages" aria-label="Pages">\n${lists.join("\n")}\n</nav>\n${contents(page.headings)}`}<main class="site-main${page.isText ? " text" : ""}" id="main" tabindex="-1">
${page.body}
</main>
</div>
${page.end ?? ""}
</body>
</html>
`;
}

/** The table of contents; empty where there is nothing to choose. */
function contents(headings: readonly Heading[]): string {
  const below = headings.filter(({ depth }) => depth === 2 || depth === 3);
  const shown = below.length > MAX_ENTRIES ? below.filter(({ depth }) => depth === 2) : below;
  if (shown.length < 2) return "";
  const entries = shown.map(
    ({ depth, html, anchor }) =>
      `<li class="depth-${depth}"><a href="#${escapeHtml(anchor)}">${html.replace(/<\/?a\b[^>]*>/g, "")}</a></li>`,
  );
  return `<nav class="toc" aria-labelledby="toc-title">\n<h2 id="toc-title">On this page</h2>\n<ul>\n${entries.join("\n")}\n</ul>\n</nav>\n`;
}
