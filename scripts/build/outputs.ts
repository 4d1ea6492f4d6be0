import { readdirSync, rmSync } from "node:fs";
import type { Metafile } from "esbuild";
import { inRepository } from "./repository.ts";

/** "12 files, 3.4 MB": what esbuild wrote, source maps left out. */
export function describeOutputs(metafile: Metafile): string {
  const files = Object.entries(metafile.outputs).filter(([path]) => !path.endsWith(".map"));
  const sizeBytes = files.reduce((sum, [, output]) => sum + output.bytes, 0);
  return `${files.length} files, ${(sizeBytes / 1e6).toFixed(1)} MB`;
}

/** Removes files of one folder that match a pattern and that the last build did not write. */
export function removeStale(folder: string, pattern: RegExp, metafile: Metafile): void {
  const written = new Set(Object.keys(metafile.outputs));
  for (const name of readdirSync(inRepository(folder))) {
    const path = `${folder}/${name}`;
    if (pattern.test(name) && !written.has(path)) rmSync(inRepository(path), { force: true });
  }
}
