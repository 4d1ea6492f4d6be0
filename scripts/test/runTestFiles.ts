import { relative, resolve } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";
import { repositoryRoot } from "../build/repository.ts";

const CONCURRENCY = 2;
const FILE_TIMEOUT_MS = 10 * 60_000;

export interface TestCount {
  passed: number;
  failed: number;
}

interface TestEvent {
  readonly name: string;
  readonly file?: string;
  readonly nesting: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: {
    readonly type?: string;
    readonly duration_ms: number;
    readonly error?: Error;
  };
}

const short = (file: string | undefined): string =>
  file === undefined ? "?" : relative(repositoryRoot, file).replaceAll("\\", "/");

/** The error as the test threw it, without the runner's wrapping. */
function reason(event: TestEvent): string {
  if (event.skip !== undefined || event.todo !== undefined) return "it was skipped";
  const error = event.details.error;
  if (event.name === event.file) return error?.message ?? "it holds no test";
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
}

/** What one event adds: a leaf test counts once, a suite not at all, unless it fails by itself. */
function verdict(event: TestEvent, hasPassed: boolean): "passed" | "failed" | null {
  if (event.details.type === "suite") {
    const isOwnFailure = !hasPassed && !event.details.error?.message.includes("subtest");
    return isOwnFailure ? "failed" : null;
  }
  const isEmptyFile = event.name === event.file;
  const isLeftOut = event.skip !== undefined || event.todo !== undefined;
  return hasPassed && !isEmptyFile && !isLeftOut ? "passed" : "failed";
}

/**
 * Runs test files, two processes at a time, and prints every file and every failure. A skipped test and a file without
 * tests count as failed: what did not run has shown nothing.
 */
export async function runTestFiles(
  files: readonly string[],
  print: (line: string) => void,
): Promise<TestCount> {
  const total: TestCount = { passed: 0, failed: 0 };
  let current = { file: "", passed: 0, failed: 0, durationMs: 0, output: "" };
  const finishFile = (): void => {
    if (current.file === "") return;
    const { file, passed, failed, durationMs, output } = current;
    if (failed > 0 && output !== "") print(output.trimEnd());
    const mark = failed > 0 ? "FAIL" : "ok  ";
    print(
      `${mark}   ${file}  ${passed} passed, ${failed} failed, ${(durationMs / 1000).toFixed(1)} s`,
    );
  };
  /** The runner reports file after file, however many it runs at once. */
  const enterFile = (file: string): void => {
    if (file === current.file) return;
    finishFile();
    current = { file, passed: 0, failed: 0, durationMs: 0, output: "" };
  };
  const settle = (event: TestEvent, hasPassed: boolean): void => {
    enterFile(short(event.file ?? event.name));
    if (event.nesting === 0) current.durationMs += event.details.duration_ms;
    const result = verdict(event, hasPassed);
    if (result === null) return;
    current[result] += 1;
    total[result] += 1;
    if (result === "passed") return;
    print(`FAIL   ${current.file} > ${event.name}\n${reason(event).replace(/^/gm, "         ")}`);
  };
  const stream = run({
    files: files.map((file) => resolve(repositoryRoot, file)),
    concurrency: CONCURRENCY,
    timeout: FILE_TIMEOUT_MS,
  });
  for await (const { type, data } of stream as AsyncIterable<{ type: string; data: unknown }>) {
    if (type === "test:pass" || type === "test:fail") {
      settle(data as TestEvent, type === "test:pass");
    } else if (type === "test:stderr" || type === "test:stdout") {
      const { file, message } = data as { file: string; message: string };
      enterFile(short(file));
      current.output += message;
    }
  }
  finishFile();
  return total;
}
