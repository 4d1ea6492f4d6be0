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

/** How many imports away everything of the repository is that is loaded with a file; the file itself is 0 away. */
export function importDistances(file: string): ReadonlyMap<string, number> {
  const distances = new Map([[file, 0]]);
  for (const [each, distance] of distances)
    for (const next of importsOf(each)) if (!distances.has(next)) distances.set(next, distance + 1);
  return distances;
}
