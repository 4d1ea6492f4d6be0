/**
 * Builds, makes sure that the machine has what the tests need, and runs every suite, or those that are named:
 *   npm test
 *   npm test -- unit golden
 *   npm run test:quick
 */
import { parseArgs } from "node:util";
import { bundleTests } from "./test/bundleTests.ts";
import { childCpuSeconds } from "./test/childCpu.ts";
import { closingLines } from "./test/closingLines.ts";
import type { FileResult } from "./test/runTestFile.ts";
import { runTestFiles } from "./test/runTestFiles.ts";
import { selectTestFiles } from "./test/selectTestFiles.ts";
import { prepareTests } from "./test/testRun.ts";
import { COMMITTED, longestFirst, readTestTimes, writeTestTimes } from "./test/testTimes.ts";

const USAGE = `npm test -- [--quick] [--record] [FILTER ...]
  FILTER     a suite (unit, golden, ...) or a part of a path below test/
  --quick    what needs no browser, no Python and no graphics driver; npm run test:quick
  --record   write how long each file took to ${COMMITTED}, the order of a fresh clone`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Keeps how long the files took that passed; files that are gone are forgotten. */
function keepTimes(results: readonly FileResult[], toCommit: boolean): void {
  const times: Record<string, number> = {};
  const before = readTestTimes();
  const took = new Map(results.map(({ path, seconds }) => [path, Math.round(seconds * 10) / 10]));
  for (const { path, failures } of results) if (failures.length > 0) took.delete(path);
  for (const path of selectTestFiles([], false)) {
    const seconds = took.get(path) ?? before[path];
    if (seconds !== undefined) times[path] = seconds;
  }
  writeTestTimes(times);
  if (toCommit) writeTestTimes(times, COMMITTED);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const startMs = performance.now();
  const files = selectTestFiles(positionals, values.quick);
  const unmet = prepareTests(files, values.quick, print);
  if (unmet.length > 0) {
    for (const line of unmet) print(line);
    print("0 passed, 1 failed");
    return 1;
  }
  const inOrder = longestFirst(files, readTestTimes());
  const results = await runTestFiles(inOrder, await bundleTests(files), print);
  keepTimes(results, values.record);
  const seconds = (performance.now() - startMs) / 1000;
  const { lines, isGreen } = closingLines(results, seconds, childCpuSeconds());
  for (const line of lines) print(line);
  return isGreen ? 0 : 1;
}

process.exitCode = await main();
