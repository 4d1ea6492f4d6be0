import { resolve } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";
import { repositoryRoot } from "../build/repository.ts";

const TIMEOUT_MS = 10 * 60_000;

export interface FileResult {
  readonly passed: number;
  readonly failed: number;
  /** What to tell: failures, and diagnostics that tests gave. */
  readonly lines: readonly string[];
}

interface Diagnostic {
  readonly message: string;
  /** Not given for the runner's own summary. */
  readonly file?: string;
}

interface TestEvent {
  readonly name: string;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string; readonly error?: Error };
}

/** The error as the test threw it, without the runner's wrapping. */
function reason(event: TestEvent, isFile: boolean): string {
  if (event.skip !== undefined || event.todo !== undefined) return "it was skipped";
  const error = event.details.error;
  if (isFile) return error?.message ?? "it holds no test";
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
}

/** What one event adds: a leaf test counts once, a suite not at all, unless it fails by itself. */
function verdict(event: TestEvent, hasPassed: boolean, isFile: boolean) {
  if (event.details.type === "suite") {
    const isOwnFailure = !hasPassed && !event.details.error?.message.includes("subtest");
    return isOwnFailure ? "failed" : null;
  }
  const isLeftOut = event.skip !== undefined || event.todo !== undefined;
  return hasPassed && !isFile && !isLeftOut ? "passed" : "failed";
}

/**
 * Runs one test file in a process of its own. A skipped test and a file without tests count as failed: what did not
 * run has shown nothing. What the file printed is told only if something in it failed.
 * @param path from the root of the repository
 */
export async function runTestFile(path: string): Promise<FileResult> {
  const file = resolve(repositoryRoot, path);
  const count = { passed: 0, failed: 0 };
  const lines: string[] = [];
  let output = "";
  const stream = run({ files: [file], timeout: TIMEOUT_MS });
  for await (const { type, data } of stream as AsyncIterable<{ type: string; data: unknown }>) {
    if (type === "test:diagnostic") {
      const { message, file: of } = data as Diagnostic;
      if (of !== undefined) lines.push(`       ${message}`);
    } else if (type === "test:stderr" || type === "test:stdout") {
      output += (data as { message: string }).message;
    } else if (type === "test:pass" || type === "test:fail") {
      const event = data as TestEvent;
      const isFile = event.name === file; // the runner's own entry, for a file that ended badly or empty
      const result = verdict(event, type === "test:pass", isFile);
      if (result !== null) count[result] += 1;
      if (result !== "failed") continue;
      const told = reason(event, isFile).replace(/^/gm, "         ");
      lines.push(`FAIL   ${path} > ${isFile ? "the file" : event.name}\n${told}`);
    }
  }
  if (count.failed > 0 && output !== "") lines.push(output.trimEnd());
  return { ...count, lines };
}
