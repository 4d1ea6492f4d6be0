import { readFileSync } from "node:fs";
import { inRepository } from "../../scripts/build/repository.ts";

/** A notebook file with these code cells and nothing run. */
export function notebookOf(...sources: readonly string[]): string {
  const cells = sources.map((source, index) => ({
    cell_type: "code",
    id: `cell-${index}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  }));
  const kernelspec = {
    name: "vitrine",
    display_name: "TypeScript (Vitrine)",
    language: "typescript",
  };
  return JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 });
}

/** The examples of docs/notebooks.md under one heading and those below it, in their order. */
export function examplesUnder(heading: string): string[] {
  const page = readFileSync(inRepository("docs/notebooks.md"), "utf8");
  const [, level = "", rest = ""] =
    new RegExp(`^(#+) ${heading}\n([\\s\\S]*)`, "m").exec(page) ?? [];
  const [section = ""] = rest.split(new RegExp(`^#{1,${level.length}} `, "m"));
  return [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code?.trim() ?? "");
}
