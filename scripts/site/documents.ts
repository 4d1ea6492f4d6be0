import { readdirSync, readFileSync } from "node:fs";
import { inRepository } from "../build/repository.ts";

/** A page of the documentation. */
export interface Document {
  /** Its path in the repository. */
  readonly source: string;
  /** Its path in the site. */
  readonly path: string;
  readonly title: string;
  /** The first sentence below the title, as Markdown. */
  readonly summary: string;
  /** Markdown, without the front matter of model cards. */
  readonly text: string;
}

export interface DocumentGroup {
  readonly title: string;
  readonly documents: readonly Document[];
}

const inDocs = (...names: string[]): string[] => names.map((name) => `docs/${name}.md`);
const inModels = (...names: string[]): string[] => names.map((name) => `models/${name}/README.md`);

/** The order in which the documentation is offered. What lies in docs/ and is not named here stands in the last group. */
const GROUPS: readonly (readonly [title: string, sources: readonly string[]])[] = [
  ["Begin", ["README.md", ...inDocs("notebooks", "typescript", "pictures")]],
  ["Look", inDocs("explain", "cost", "records", "from-transformerlens")],
  ["Act", inDocs("edits", "stepper", "together")],
  ["Measure", inDocs("evaluation", "thinking", "cluster", "accuracy", "speed")],
  ["Share", inDocs("writeups", "export", "live", "site")],
  ["Serve", inDocs("serve", "remote", "server", "protocol")],
  [
    "Models",
    inModels("tiny", "tiny-v32", "tiny-stories", "tiny-dense", "tiny-zero", "balance", "training"),
  ],
  ["Reference", [...inDocs("api", "checkpoints"), "CHANGELOG.md"]],
  ["Contribute", ["CONTRIBUTING.md", "ARCHITECTURE.md", ...inDocs("testing"), "SECURITY.md"]],
];

/** Names in the navigation that a page's own title would not tell. */
const TITLES: Readonly<Record<string, string>> = { "README.md": "Overview" };

/** All pages of the documentation, each once. */
export function documentGroups(): DocumentGroup[] {
  const named = new Set(GROUPS.flatMap(([, sources]) => sources));
  const rest = readdirSync(inRepository("docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .filter((source) => !named.has(source))
    .sort();
  return [...GROUPS, ["More", rest] as const]
    .filter(([, sources]) => sources.length > 0)
    .map(([title, sources]) => ({ title, documents: sources.map(readDocument) }));
}

function readDocument(source: string): Document {
  const text = readFileSync(inRepository(source), "utf8").replace(/^---\n[\s\S]*?\n---\n/, "");
  const [, title = source] = /^# (.+)$/m.exec(text) ?? [];
  return {
    ...{ source, text, path: pathOf(source), title: TITLES[source] ?? title },
    summary: firstSentence(text),
  };
}

/** "docs/edits.md" is docs/edits.html, "ARCHITECTURE.md" docs/architecture.html, "models/tiny/README.md" docs/model-tiny.html. */
function pathOf(source: string): string {
  if (source === "README.md") return "docs/overview.html";
  const [, model] = /^models\/([\w-]+)\/README\.md$/.exec(source) ?? [];
  if (model !== undefined) return `docs/model-${model}.html`;
  return `docs/${source
    .replace(/^docs\//, "")
    .replace(/\.md$/, "")
    .toLowerCase()}.html`;
}

/** Empty where no paragraph stands before the first block, table or heading. */
function firstSentence(text: string): string {
  const [, ...blocks] = text.trim().split(/\n\n+/);
  const [first = ""] = blocks;
  if (/^(?:#|```|\||- |<)/.test(first)) return "";
  const [sentence = first] = /^[\s\S]*?[.?!:](?=\s|$)/.exec(first) ?? [];
  return sentence.replace(/\s+/g, " ").replace(/:$/, ".");
}
