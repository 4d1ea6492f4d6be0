import { existsSync } from "node:fs";
import { readBuildRecord, writeBuildRecord } from "./buildRecord.ts";
import { hashInputs } from "./hashInputs.ts";
import { inRepository } from "./repository.ts";
import type { Target } from "./target.ts";

export interface BuildSummary {
  readonly built: readonly string[];
  readonly failed: readonly string[];
}

const seconds = (startMs: number): string => `${((Date.now() - startMs) / 1000).toFixed(1)} s`;

/** Hash of what a target is made from: its inputs and the installed versions. */
const targetHash = (target: Target): string =>
  hashInputs(["package-lock.json", ...target.inputs], target.ignore, target.name);

/**
 * Builds the stale targets, each as soon as those it comes after are done, and records every success at once.
 * A failed target does not stop the ones that do not need it.
 */
export async function runTargets(
  targets: readonly Target[],
  print: (line: string) => void,
): Promise<BuildSummary> {
  const record = readBuildRecord();
  const built: string[] = [];
  const failed: string[] = [];
  const running = new Map<string, Promise<boolean>>();

  const make = async (target: Target): Promise<boolean> => {
    const before = (target.after ?? []).flatMap((name) => running.get(name) ?? []);
    if ((await Promise.all(before)).includes(false)) {
      failed.push(target.name);
      print(`build  ${target.name.padEnd(6)} not started: ${target.after?.join(", ")} failed`);
      return false;
    }
    const hash = targetHash(target);
    const outputs = target.outputs();
    const isFresh =
      record[target.name] === hash && outputs.every((path) => existsSync(inRepository(path)));
    if (isFresh) return true;
    const startMs = Date.now();
    print(`build  ${target.name.padEnd(6)} ...`);
    try {
      const summary = await target.build();
      record[target.name] = targetHash(target);
      writeBuildRecord(record);
      built.push(target.name);
      print(`build  ${target.name.padEnd(6)} ${seconds(startMs).padStart(7)}  ${summary}`);
      return true;
    } catch (error) {
      failed.push(target.name);
      const message = error instanceof Error ? error.message : String(error);
      print(`build  ${target.name.padEnd(6)} failed after ${seconds(startMs)}\n${message}`);
      return false;
    }
  };
  for (const target of targets) running.set(target.name, make(target));
  await Promise.all(running.values());
  return { built, failed };
}
