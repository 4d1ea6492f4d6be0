import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { Marked } from "marked";
import { inRepository } from "./repository.ts";
import type { Target } from "./target.ts";

/** The pages by their path in the repository, with the name of each in dist/docs. */
const pages = (): Map<string, string> =>
  new Map([
    ["README.md", "index.html"],
    ["ARCHITECTURE.md", "architecture.html"],
    ...readdirSync(inRepository("docs"))
      .filter((name) => name.endsWith(".md"))
      .sort()
      .map((name) => [`docs/${name}`, name.replace(/\.md$/, ".html")] as const),
  ]);

/** The pictures of the pages, which stand beside them in dist/docs. */
const pictures = (): string[] =>
  readdirSync(inRepository("docs"))
    .filter((name) => name.endsWith(".png"))
    .sort();

const STYLE = `:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding-bottom: .5rem; border-bottom: 1px solid #8886; }
table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { border: 1px solid #8886; padding: .3rem .6rem; text-align: left; vertical-align: top; }
pre { overflow-x: auto; padding: .75rem; background: #8882; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
img { max-width: 100%; }`;

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`);

/** The anchor that GitHub gives a heading. */
const anchorOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/<[^>]*>|&[^;]+;/g, "")
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");

const titleOf = (path: string): string =>
  /^# (.+)$/m.exec(readFileSync(inRepository(path), "utf8"))?.[1] ?? path;

/** A page as HTML. Links to other pages stay links, those to files that are not served become text. */
function render(path: string, names: ReadonlyMap<string, string>): string {
  const target = (href: string): string | null => {
    if (/^(?:https?:|mailto:|#)/.test(href)) return href;
    const [file = "", anchor] = href.split("#");
    const name = names.get(posix.join(posix.dirname(path), file));
    return name === undefined ? null : `${name}${anchor === undefined ? "" : `#${anchor}`}`;
  };
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth }) {
        const inner = this.parser.parseInline(tokens);
        return `<h${depth} id="${anchorOf(inner)}">${inner}</h${depth}>\n`;
      },
      // Screenshots in docs/pictures stay out of the package, which has no room for them.
      html: ({ text }) =>
        text.includes('src="pictures/')
          ? ""
          : text.replace(/(src|srcset)="(?:docs\/)?([\w-]+\.png)"/g, '$1="$2"'),
      link({ href, tokens }) {
        const inner = this.parser.parseInline(tokens);
        const to = target(href);
        return to === null
          ? `<span title="${escapeHtml(href)}">${inner}</span>`
          : `<a href="${escapeHtml(to)}">${inner}</a>`;
      },
    },
  });
  const body = marked.parse(readFileSync(inRepository(path), "utf8"), { async: false });
  const links = [...names].map(([file, name]) =>
    file === path
      ? `<strong>${escapeHtml(titleOf(file))}</strong>`
      : `<a href="${name}">${escapeHtml(titleOf(file))}</a>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(titleOf(path))}</title>
<link rel="icon" href="data:,">
<style>
${STYLE}
</style>
</head>
<body>
<nav>${links.join("\n")}</nav>
<main>
${body}</main>
</body>
</html>
`;
}

/** The documentation as pages that the server has without the net. */
export const docsTarget: Target = {
  name: "docs",
  inputs: ["scripts/build/docsTarget.ts", "docs", "README.md", "ARCHITECTURE.md"],
  outputs: () => [...pages().values(), ...pictures()].map((name) => `dist/docs/${name}`),
  async build() {
    const names = pages();
    rmSync(inRepository("dist/docs"), { recursive: true, force: true });
    mkdirSync(inRepository("dist/docs"), { recursive: true });
    for (const [path, name] of names)
      writeFileSync(inRepository("dist/docs", name), render(path, names));
    for (const name of pictures())
      copyFileSync(inRepository("docs", name), inRepository("dist/docs", name));
    return `${names.size} pages`;
  },
};
