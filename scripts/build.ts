/**
 * Makes what is missing or stale in dist/.
 *   tsx scripts/build.ts [--only TARGET]... [--force]
 */
import { rmSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { withBuildLock } from "./build/buildLock.ts";
import { stampOf, writeStamp } from "./build/buildStamp.ts";
import { docsTarget } from "./build/docsTarget.ts";
import { labTarget } from "./build/labTarget.ts";
import { nodeTarget } from "./build/nodeTarget.ts";
import { inRepository, repositoryRoot } from "./build/repository.ts";
import { type BuildSummary, runTargets } from "./build/runTargets.ts";
import { stockTarget } from "./build/stockTarget.ts";
import type { Target } from "./build/target.ts";
import { typesTarget } from "./build/typesTarget.ts";
import { viewsTarget } from "./build/viewsTarget.ts";
import { wasmTarget } from "./build/wasmTarget.ts";

const targets = [
  ...[wasmTarget, nodeTarget, viewsTarget, labTarget, stockTarget],
  ...[docsTarget, typesTarget],
];
const names = targets.map((target) => target.name);
const print = (line: string): void => void process.stderr.write(`${line}\n`);

/** Makes targets, and notes what they were made from once all of them are sure to be fresh. */
async function makeTargets(chosen: readonly Target[]): Promise<BuildSummary> {
  const inputs = targets.flatMap((target) => [...target.inputs, ...target.outputs()]);
  const paths = [...new Set(["package-lock.json", ...inputs])];
  const base = pathToFileURL(`${repositoryRoot}/`);
  let stamp = stampOf(paths, base);
  const summary = await runTargets(chosen, print);
  if (chosen.length < targets.length || summary.failed.length > 0) return summary;
  let { built } = summary;
  if (built.length > 0) {
    stamp = stampOf(paths, base);
    ({ built } = await runTargets(targets, print));
  }
  // Hashed after the stamp was taken and found fresh: what changes from then on no longer fits the stamp.
  if (built.length === 0) writeStamp(paths, stamp, base);
  return summary;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: "string", multiple: true }, force: { type: "boolean" } },
  });
  const only = values.only ?? names;
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    print(`build: expected --only to name one of ${names.join(", ")}, got ${unknown}.`);
    return 2;
  }
  const startMs = Date.now();
  const { built, failed } = await withBuildLock(() => {
    if (values.force) rmSync(inRepository("dist/.build.json"), { force: true });
    return makeTargets(targets.filter((target) => only.includes(target.name)));
  });
  const total = `${((Date.now() - startMs) / 1000).toFixed(1)} s`;
  if (failed.length > 0) print(`build  failed: ${failed.join(", ")} (${total})`);
  else if (built.length === 0) print(`build  everything is fresh (${total})`);
  else print(`build  done (${total})`);
  return failed.length > 0 ? 1 : 0;
}

process.exitCode = await main();
