import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { hashInputs } from "../build/hashInputs.ts";
import { inRepository } from "../build/repository.ts";

interface SavedCell {
  readonly cell_type: string;
  readonly outputs?: readonly unknown[];
}

/** What decides what a notebook shows, beside itself. */
const MADE_FROM = ["dist/index.js", "dist/widgets.js", "dist/kernel.js", "dist/views", "models"];

/**
 * A notebook with its outputs: as it was saved, or run from a clean kernel where it was saved without any. What was run is kept in
 * .vitrine until the notebook, the package or a model changes.
 * @param path of the notebook in the repository
 * @returns the absolute path of the executed notebook
 * @throws Error where a cell fails, with what `vitrine run` said
 */
export async function executedNotebook(path: string): Promise<string> {
  const saved = inRepository(path);
  const { cells } = JSON.parse(readFileSync(saved, "utf8")) as { cells: readonly SavedCell[] };
  if (cells.some(({ outputs = [] }) => outputs.length > 0)) return saved;
  const hash = hashInputs([path, ...MADE_FROM], (input) => input.endsWith(".map"));
  const folder = join(inRepository(".vitrine", "siteNotebooks"), basename(path, ".ipynb"));
  const executed = join(folder, `${hash}.ipynb`);
  if (existsSync(executed)) return executed;
  rmSync(folder, { recursive: true, force: true }); // what an earlier package showed
  mkdirSync(folder, { recursive: true });
  const unfinished = join(folder, `${hash}.${process.pid}.ipynb`);
  const command = [inRepository("bin", "vitrine.mjs"), "run", saved, "--out", unfinished];
  try {
    await promisify(execFile)(process.execPath, command, { maxBuffer: 2 ** 26 });
  } catch (cause) {
    const { stderr = "" } = cause as { readonly stderr?: string };
    throw new Error(
      `site: expected ${path} to run from a clean kernel, got an error. Mend the cell that it names.\n${stderr}`,
      { cause },
    );
  }
  renameSync(unfinished, executed);
  return executed;
}
