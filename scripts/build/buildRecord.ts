import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { inRepository } from "./repository.ts";

const file = (): string => inRepository("dist/.build.json");

/** Target name to the hash of the inputs it was last built from. */
export type BuildRecord = Record<string, string>;

export function readBuildRecord(): BuildRecord {
  try {
    return JSON.parse(readFileSync(file(), "utf8")) as BuildRecord;
  } catch {
    return {}; // no record, or half of one: everything counts as stale
  }
}

export function writeBuildRecord(record: BuildRecord): void {
  mkdirSync(inRepository("dist"), { recursive: true });
  writeFileSync(`${file()}.part`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${file()}.part`, file());
}
