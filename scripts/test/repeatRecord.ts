import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { inRepository, repositoryRoot } from "../build/repository.ts";
import type { Failure } from "./runTestFile.ts";

/** What is tried again and again: rounds of different ones are never counted together. */
export interface RepeatTask {
  readonly commit: string;
  /** Nothing is changed or added since the commit. */
  readonly isClean: boolean;
  /** One core is kept busy. */
  readonly isLoaded: boolean;
  readonly isQuick: boolean;
  readonly filters: readonly string[];
}

export interface Round {
  readonly seconds: number;
  readonly passed: number;
  /** What failed or was not run. */
  readonly problems: readonly Failure[];
}

export interface RepeatRecord {
  readonly task: RepeatTask;
  readonly rounds: readonly Round[];
}

/** The rounds of the last call, written as each ends. */
const REPEAT_RECORD = inRepository(".vitrine/testRepeat.json");

/** The commit that is checked out, and whether the tree is as it was committed. */
export function treeState(): Pick<RepeatTask, "commit" | "isClean"> {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: repositoryRoot, encoding: "utf8" }).trim();
  return { commit: git("rev-parse", "HEAD"), isClean: git("status", "--porcelain") === "" };
}

export function writeRepeat(record: RepeatRecord, path = REPEAT_RECORD): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${path}.part`, path);
}

const told = ({ commit, isClean, isLoaded, isQuick, filters }: RepeatTask): string =>
  [
    `${isClean ? "clean" : "changed"} ${commit.slice(0, 12)}`,
    ...(isLoaded ? ["--load"] : []),
    ...(isQuick ? ["--quick"] : []),
    ...filters,
  ].join(" ");

/**
 * The rounds that were done of a task before it was stopped.
 * @throws Error if there are none: another commit, a tree with changes or other files say nothing of this task
 */
export function roundsDone(task: RepeatTask, path = REPEAT_RECORD): readonly Round[] {
  const refuse = (got: string): Error =>
    new Error(
      `test:repeat --continue: expected rounds of ${told({ ...task, isClean: true })}, got ${got}. Begin anew without --continue.`,
    );
  let record: RepeatRecord;
  try {
    record = JSON.parse(readFileSync(path, "utf8")) as RepeatRecord;
  } catch {
    throw refuse("none");
  }
  if (!task.isClean) throw refuse("a tree with changes");
  if (told(record.task) !== told(task)) throw refuse(`those of ${told(record.task)}`);
  return record.rounds;
}

/** What failed and how often, and how many rounds passed. */
export function repeatSummary(rounds: readonly Round[], isLoaded: boolean): string[] {
  const sights = new Map<string, { readonly seen: number[]; reason: string }>();
  for (const [index, { problems }] of rounds.entries())
    for (const { name, reason } of problems) {
      const sight = sights.get(name) ?? { seen: [], reason };
      sight.seen.push(index + 1);
      sight.reason = reason; // of the last time
      sights.set(name, sight);
    }
  const green = rounds.filter(({ problems }) => problems.length === 0).length;
  return [
    ...[...sights].map(
      ([name, { seen, reason }]) =>
        `${seen.length} of ${rounds.length}  ${name} (rounds ${seen.join(", ")})\n${reason}`,
    ),
    `${green} of ${rounds.length} rounds passed${isLoaded ? " with one core kept busy" : ""}`,
  ];
}
