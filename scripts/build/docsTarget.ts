import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, posix } from "node:path";
import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import { renderMarkdown } from "../markdown/renderMarkdown.ts";
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
  ["", "speed/"].flatMap((folder) =>
    readdirSync(inRepository("docs", folder))
      .filter((name) => /\.(png|svg)$/.test(name))
      .map((name) => folder + name)
      .sort(),
  );

const STYLE = `:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding-bottom: .5rem; border-bottom: 1px solid #8886; }
.table { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border: 1px solid #8886; padding: .3rem .6rem; text-align: left; vertical-align: top; }
pre { overflow-x: auto; padding: .75rem; background: #8882; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
img { max-width: 100%; }`;

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
  const { html: body } = renderMarkdown(readFileSync(inRepository(path), "utf8"), {
    link: target,
    // Screenshots in docs/pictures stay out of the package, which has no room for them.
    picture: (source) => {
      const name = source.replace(/^docs\//, "");
      return pictures().includes(name) ? name : null;
    },
  });
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
  inputs: [
    "scripts/build/docsTarget.ts",
    "scripts/markdown",
    "docs",
    "README.md",
    "ARCHITECTURE.md",
  ],
  outputs: () => [...pages().values(), ...pictures()].map((name) => `dist/docs/${name}`),
  async build() {
    const names = pages();
    rmSync(inRepository("dist/docs"), { recursive: true, force: true });
    mkdirSync(inRepository("dist/docs"), { recursive: true });
    for (const [path, name] of names)
      writeFileSync(inRepository("dist/docs", name), render(path, names));
    for (const name of pictures()) {
      mkdirSync(dirname(inRepository("dist/docs", name)), { recursive: true });
      copyFileSync(inRepository("docs", name), inRepository("dist/docs", name));
    }
    return `${names.size} pages`;
  },
};
