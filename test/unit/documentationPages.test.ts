import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { renderMarkdown } from "../../scripts/markdown/renderMarkdown.ts";
import { commandFault, commandsIn, namesFault } from "../fixtures/documentation/commandFaults.ts";
import { blocksOf, documentationPages, proseOf } from "../fixtures/documentation/pages.ts";

/** The tests that run the blocks of TypeScript of each page, all of them. */
const RUN_BY: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["conformance/documentationExamples"],
  "docs/api.md": ["conformance/apiExamples", "unit/apiPage"],
  "docs/cost.md": ["conformance/documentationExamples"],
  "docs/edits.md": ["conformance/editsPage"],
  "docs/evaluation.md": ["conformance/evaluationPage"],
  "docs/explain.md": ["conformance/explainPage"],
  "docs/export.md": ["conformance/documentationExamples"],
  "docs/from-transformerlens.md": ["conformance/fromTransformerLensPage"],
  "docs/notebooks.md": ["conformance/notebooksPage", "browser/ownWidgets"],
  "docs/pictures.md": ["conformance/documentationExamples"],
  "docs/records.md": ["conformance/documentationExamples"],
  "docs/remote.md": ["conformance/documentationExamples"],
  "docs/serve.md": ["conformance/servePage"],
  "docs/stepper.md": ["conformance/stepperPage"],
  "docs/thinking.md": ["conformance/thinkingPage"],
  "docs/together.md": ["conformance/togetherPage"],
  "docs/writeups.md": ["conformance/documentationExamples"],
};

/** What may stand behind a fence; python is TransformerLens's, beside ours, and is not run; html is what browser/liveSite opens. */
const LANGUAGES = ["", "ts", "sh", "json", "python", "html"];

const pages = documentationPages();
const notebooks = readdirSync(inRepository("notebooks"))
  .filter((name) => name.endsWith(".ipynb"))
  .map((name) => `notebooks/${name}`);

test("every page with TypeScript is one that a test runs, and every such test is there", () => {
  const withCode = pages.filter((page) => blocksOf(page).some(({ info }) => info === "ts"));
  assert.deepEqual(
    withCode.filter((page) => RUN_BY[page] === undefined),
    [],
    "pages with blocks of TypeScript that no test runs: run them, and name the test here",
  );
  for (const [page, tests] of Object.entries(RUN_BY)) {
    assert.ok(withCode.includes(page), `${page} has no TypeScript`);
    for (const name of tests) {
      assert.ok(existsSync(inRepository("test", `${name}.test.ts`)), name);
    }
  }
});

test("every block says its language in one of the known ways", () => {
  const others = pages
    .flatMap(blocksOf)
    .filter(({ info }) => !LANGUAGES.includes(info))
    .map(({ info, place }) => `${place} ${info}`);
  assert.deepEqual(others, []);
});

test("every vitrine command in a block has the options and arguments that it is given", () => {
  const faults: string[] = [];
  let n = 0;
  for (const { info, code, place } of pages.flatMap(blocksOf)) {
    if (info !== "sh" && info !== "") continue;
    for (const words of commandsIn(code)) {
      n += 1;
      const fault = commandFault(words);
      if (fault !== null) faults.push(`${place} vitrine ${words.join(" ")}: ${fault}`);
    }
  }
  assert.deepEqual(faults, []);
  assert.ok(n >= 40, `${n} commands`);
});

test("every vitrine command in a sentence is one, with options that it has", () => {
  const faults = pages
    .filter((page) => page !== "docs/api.md")
    .flatMap((page) =>
      [...proseOf(page).matchAll(/`((?:npx )?vitrine [^`]+)`/g)].flatMap(([, text = ""]) =>
        commandsIn(text.replace(/\s+/g, " ")).flatMap((words) => {
          const fault = namesFault(words);
          return fault === null ? [] : [`${page} ${text}: ${fault}`];
        }),
      ),
    );
  assert.deepEqual(faults, []);
});

test("a command with a wrong name, option, value or number of arguments is found", () => {
  const [first = [], second = []] = commandsIn(
    "A=1 npx vitrine run a.ipynb --sett x=1 # why\ncd x && vitrine export a.ipynb --to \\\n  doc",
  );
  assert.match(commandFault(first) ?? "", /no option --sett/);
  assert.match(commandFault(second) ?? "", /doc/);
  assert.match(namesFault(["run", "--sett"]) ?? "", /no option --sett/);
  assert.match(commandFault(["rum"]) ?? "", /no command rum/);
  assert.match(commandFault(["export"]) ?? "", /0 arguments/);
  assert.equal(commandFault(["submit", "slurm", "arithmetic", "--help"]), null);
});

test("every npm run that is named is a script of package.json", () => {
  const { scripts } = JSON.parse(readFileSync(inRepository("package.json"), "utf8")) as {
    scripts: Readonly<Record<string, string>>;
  };
  const unknown = pages
    .filter((page) => page !== "CHANGELOG.md")
    .flatMap((page) =>
      [...readFileSync(inRepository(page), "utf8").matchAll(/\bnpm run ([\w:-]+)/g)].flatMap(
        ([, name = ""]) => (scripts[name] === undefined ? [`${page}: npm run ${name}`] : []),
      ),
    );
  assert.deepEqual(unknown, []);
});

test("every link of a page or a notebook leads to a file that is there, and every anchor to a heading", () => {
  const anchors = new Map<string, Set<string>>();
  const anchorsOf = (page: string): Set<string> => {
    const known = anchors.get(page) ?? new Set(rendered(page).headings.map(({ anchor }) => anchor));
    anchors.set(page, known);
    return known;
  };
  const broken: string[] = [];
  for (const page of [...pages, ...notebooks])
    for (const link of rendered(page).links) {
      const [path = "", anchor] = link.split("#");
      const at =
        path === ""
          ? page
          : posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(path)));
      const isThere =
        existsSync(inRepository(at)) &&
        (anchor === undefined ||
          !at.endsWith(".md") ||
          anchorsOf(at).has(decodeURIComponent(anchor)));
      if (!isThere) broken.push(`${page}: ${link}`);
    }
  assert.deepEqual(broken, []);
});

/** The headings of a page, and the addresses of files that it names. */
function rendered(page: string) {
  const links: string[] = [];
  const note = (address: string): string => {
    if (!/^(?:https?:|mailto:)/.test(address)) links.push(address);
    return address;
  };
  const { headings } = renderMarkdown(markdownOf(page), { link: note, picture: note });
  return { headings, links };
}

/** A page's Markdown, or that of a notebook's cells. */
function markdownOf(page: string): string {
  const text = readFileSync(inRepository(page), "utf8");
  if (!page.endsWith(".ipynb")) return text;
  const { cells } = JSON.parse(text) as {
    cells: readonly { readonly cell_type: string; readonly source: string | readonly string[] }[];
  };
  return cells
    .filter(({ cell_type: type }) => type === "markdown")
    .map(({ source }) => [source].flat().join(""))
    .join("\n\n");
}
