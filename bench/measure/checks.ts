import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { inRepository } from "../../scripts/build/repository.ts";
import { machine } from "./row.ts";

const FILE = inRepository("bench/checks.jsonl");

/** A ratio that has a bound, as it was measured. */
export interface Check {
  readonly words: string;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
  readonly median: number;
  /** By how much the same thing, measured twice in the same rounds, differs from itself: the ratio's own error. */
  readonly resolution: number;
  readonly rounds: number;
  readonly command: string;
}

export interface NotedCheck extends Check {
  readonly at: string;
  readonly commit: string;
  readonly machine: string;
}

/** Puts it into the history of such checks. */
export function noteCheck(check: Check): void {
  const { commit, words } = machine();
  const noted: NotedCheck = { ...check, at: new Date().toISOString(), commit, machine: words };
  appendFileSync(FILE, `${JSON.stringify(noted)}\n`);
}

/** Of every check the one that was noted last. */
export function latestChecks(): readonly NotedCheck[] {
  if (!existsSync(FILE)) return [];
  const lines = readFileSync(FILE, "utf8").split("\n");
  const checks = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as NotedCheck);
  return [...new Map(checks.map((check) => [check.words, check])).values()];
}

export function boundOf({ bound }: Check): string {
  return "atLeast" in bound ? `at least ${bound.atLeast}` : `at most ${bound.atMost}`;
}
