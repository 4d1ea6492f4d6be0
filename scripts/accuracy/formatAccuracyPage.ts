import { execFileSync } from "node:child_process";
import { inRepository } from "../build/repository.ts";

/** Lays the tables of the page out as all pages here have them. */
export function formatAccuracyPage(path: string): void {
  const biome = inRepository("node_modules/@biomejs/biome/bin/biome");
  execFileSync(process.execPath, [biome, "format", "--write", path]);
}
