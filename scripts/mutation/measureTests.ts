import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { selectTestFiles } from "../test/selectTestFiles.ts";
import { type FunctionsRun, functionsRun } from "./functionsRun.ts";
import { importDistances } from "./importDistances.ts";
import { runTestIn } from "./runTestIn.ts";
import { SLOW_TESTS } from "./sampledFiles.ts";

/** A test file that passes as things are, with what it takes and what it runs. */
export interface MeasuredTest {
  readonly test: string;
  readonly durationMs: number;
  /** By source file. */
  readonly runs: ReadonlyMap<string, FunctionsRun>;
  /** By source file: how many imports away. */
  readonly distances: ReadonlyMap<string, number>;
}

/** A net for a test that hangs without any mutant. */
const LIMIT_MS = 5 * 60_000;

/**
 * Runs every quick test that imports one of the files, directly or not.
 * @param root the copy of the repository to run them in
 * @throws if one fails: no mutant could be judged by it
 */
export async function measureTests(
  root: string,
  files: readonly string[],
  say: (line: string) => void,
): Promise<MeasuredTest[]> {
  const tests = selectTestFiles([], true)
    .filter((test) => !SLOW_TESTS.includes(test))
    .filter((test) => {
      const distances = importDistances(test);
      return files.some((file) => distances.has(file));
    });
  const measured: MeasuredTest[] = [];
  for (const [index, test] of tests.entries()) {
    const folder = mkdtempSync(join(root, "coverage-"));
    const { verdict, durationMs, output } = await runTestIn(root, test, LIMIT_MS, {
      NODE_V8_COVERAGE: folder,
    });
    if (verdict !== "passed")
      throw new Error(`mutation: expected ${test} to pass unchanged, it ${verdict}.\n${output}`);
    const runs = functionsRun(folder, root);
    measured.push({ test, durationMs, runs, distances: importDistances(test) });
    rmSync(folder, { recursive: true });
    say(`${index + 1}/${tests.length} ${test}, ${(durationMs / 1000).toFixed(1)} s`);
  }
  return measured;
}
