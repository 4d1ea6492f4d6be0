/**
 * Builds, makes sure that the machine has what the tests need, and runs every suite, or those that are named:
 *   npm test
 *   npm test -- unit golden
 */
import { spawnSync } from "node:child_process";
import { inRepository, repositoryRoot } from "./build/repository.ts";
import { runTestFiles } from "./test/runTestFiles.ts";
import { selectTestFiles, suitesOf } from "./test/selectTestFiles.ts";
import { ensureTestNeeds } from "./test/testNeeds.ts";

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function build(): boolean {
  const script = inRepository("scripts/build.ts");
  const { status } = spawnSync(process.execPath, [...process.execArgv, script], {
    cwd: repositoryRoot,
    stdio: ["ignore", 2, 2],
  });
  return status === 0;
}

async function main(): Promise<number> {
  const startMs = Date.now();
  const files = selectTestFiles(process.argv.slice(2));
  const unmet = build() ? ensureTestNeeds(suitesOf(files)) : ["test   the build failed"];
  for (const line of unmet) print(line);
  if (files.length === 0) print("test   expected test files, found none.");
  if (unmet.length > 0 || files.length === 0) {
    print("0 passed, 1 failed");
    return 1;
  }
  process.env.REQUIRE_GPU = "1"; // a missing adapter fails, it does not skip
  const { passed, failed } = await runTestFiles(files, print);
  print(`test   ${files.length} files in ${((Date.now() - startMs) / 1000).toFixed(0)} s`);
  print(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main();
