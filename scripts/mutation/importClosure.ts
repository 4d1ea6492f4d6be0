import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";
import { inRepository } from "../build/repository.ts";

const imported = new Map<string, readonly string[]>();

/** The files of the repository that a file imports itself. */
function importsOf(file: string): readonly string[] {
  const known = imported.get(file);
  if (known !== undefined) return known;
  const { importedFiles } = ts.preProcessFile(readFileSync(inRepository(file), "utf8"), true, true);
  const files = importedFiles
    .filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => posix.join(posix.dirname(file), fileName))
    .filter((path) => path.endsWith(".ts") && existsSync(inRepository(path)));
  imported.set(file, files);
  return files;
}

/** A file and everything of the repository that is loaded with it, as paths from the root. */
export function importClosure(file: string): ReadonlySet<string> {
  const found = new Set([file]);
  for (const each of found) for (const next of importsOf(each)) found.add(next);
  return found;
}
