import { spawnSync } from "node:child_process";
import { inRepository, repositoryRoot } from "../build/repository.ts";
import { ensureTestNeeds } from "./testNeeds.ts";
import { WITHOUT_DRIVER } from "./tiers.ts";

/** Builds what is stale, or what is stale of the targets that are named. */
function build(...only: readonly string[]): boolean {
  const script = inRepository("scripts/build.ts");
  const targets = only.flatMap((target) => ["--only", target]);
  const { status } = spawnSync(process.execPath, [...process.execArgv, script, ...targets], {
    cwd: repositoryRoot,
    stdio: ["ignore", 2, 2],
  });
  return status === 0;
}

/**
 * Builds and installs what the files need, and sets the environment that they run in.
 * @returns lines that say why they cannot run; empty where they can
 */
export function prepareTests(
  files: readonly string[],
  quick: boolean,
  print: (line: string) => void,
): string[] {
  if (files.length === 0) return ["test   expected test files, found none."];
  if (quick) {
    Object.assign(process.env, WITHOUT_DRIVER);
    return build("wasm") ? [] : ["test   the build failed"];
  }
  process.env.REQUIRE_GPU = "1"; // a missing adapter fails, it does not skip
  return build() ? ensureTestNeeds(files, print) : ["test   the build failed"];
}
