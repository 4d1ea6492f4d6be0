import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { inRepository } from "../build/repository.ts";

/** Path of a test file, from the root of the repository, to the seconds it took when it last passed. */
export type TestTimes = Readonly<Record<string, number>>;

/** What a fresh clone starts from; `npm test -- --record` writes it. */
export const COMMITTED = "test/times.json";
const OWN = ".vitrine/testTimes.json";

function read(path: string): TestTimes {
  try {
    return JSON.parse(readFileSync(inRepository(path), "utf8")) as TestTimes;
  } catch {
    return {}; // only the order depends on it
  }
}

/** What this machine measured, and the committed times where it has not measured yet. */
export const readTestTimes = (): TestTimes => ({ ...read(COMMITTED), ...read(OWN) });

export function writeTestTimes(times: TestTimes, path = OWN): void {
  const sorted = Object.fromEntries(Object.entries(times).sort(([a], [b]) => (a < b ? -1 : 1)));
  const file = inRepository(path);
  mkdirSync(inRepository(".vitrine"), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(sorted, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}

/** Longest first, so that no core is idle at the end; files that were never measured come before all. */
export function longestFirst(files: readonly string[], times: TestTimes): string[] {
  const seconds = (file: string): number => times[file] ?? Number.POSITIVE_INFINITY;
  return files.toSorted((a, b) => (seconds(a) === seconds(b) ? 0 : seconds(b) - seconds(a)));
}
