import { run } from "node:test";
import { inspect } from "node:util";
import type { BundledTests } from "./bundleTests.ts";
import { hangReport } from "./hangReport.ts";

/** Only a file that hangs meets it: the slowest takes three minutes, and eight on a machine that does much else. */
export const HANG_MS = 15 * 60_000;
/** After what share of that a file's processes are looked at. */
const LOOK_AT = 0.95;

export interface Failure {
  /** `test/unit/name.test.ts > suite > test` */
  readonly name: string;
  readonly reason: string;
}

export interface FileResult {
  readonly path: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failures: readonly Failure[];
  /** Tests that were left out because the machine lacks what they need, with what that is. */
  readonly notRun: readonly Failure[];
  /** Diagnostics that tests gave. */
  readonly notes: readonly string[];
  /** What the file printed. */
  readonly output: string;
  /** What it was doing as it was killed, if it hung. */
  readonly hung: readonly string[];
}

interface Diagnostic {
  readonly message: string;
  /** Not given for the runner's own summary. */
  readonly file?: string;
}

interface TestEvent {
  readonly name: string;
  readonly nesting: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string; readonly error?: Error };
}

/** How the reason of a test begins that is left out for want of something: see test/fixtures/stockJupyter.ts. */
const NEEDS = "needs ";

type Verdict = "passed" | "failed" | "notRun" | null;

/** What one event adds: a leaf test counts once, a suite not at all, unless it fails or is left out by itself. */
function verdict(event: TestEvent, hasPassed: boolean, isFile: boolean): Verdict {
  if (typeof event.skip === "string" && event.skip.startsWith(NEEDS)) return "notRun";
  const isLeftOut = event.skip !== undefined || event.todo !== undefined;
  if (event.details.type === "suite") {
    const isOwnFailure = !hasPassed && !event.details.error?.message.includes("subtest");
    return isOwnFailure || isLeftOut ? "failed" : null;
  }
  return hasPassed && !isFile && !isLeftOut ? "passed" : "failed";
}

/** The error as the test threw it, without the runner's wrapping. */
function reasonOf(event: TestEvent, isFile: boolean): string {
  if (typeof event.skip === "string" && event.skip !== "") return event.skip;
  if (event.skip !== undefined || event.todo !== undefined) return "it was skipped";
  const error = event.details.error;
  if (isFile) return error?.message ?? "it holds no test";
  const cause = error?.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
}

/**
 * Runs one test file in a process of its own. A skipped test and a file without tests count as failed: what did not
 * run has shown nothing. A test that says what it needs is not run, which the runner tells by name.
 * @param path from the root of the repository
 * @param bundled holds the file
 * @param hangMs when it is killed
 */
export async function runTestFile(
  path: string,
  bundled: BundledTests,
  hangMs = HANG_MS,
): Promise<FileResult> {
  const file = bundled.programOf(path);
  const startMs = performance.now();
  const failures: Failure[] = [];
  const notRun: Failure[] = [];
  const notes: string[] = [];
  const names: string[] = []; // of the suites and the test that is told of, by nesting
  const running: string[] = []; // the same of the test that has begun and not ended
  let seen: string[] = []; // what it does as its time is nearly up
  let hasHung = false;
  let passed = 0;
  let output = "";
  const look = setTimeout(() => {
    const test = running.length > 0 ? running.join(" > ") : "no test: it does not end";
    seen = [`running was ${test}`, ...hangReport(file)];
  }, hangMs * LOOK_AT);
  const take = ({ type, data }: { readonly type: string; readonly data: unknown }): void => {
    if (type === "test:diagnostic") {
      const { message, file: of } = data as Diagnostic;
      if (of !== undefined) notes.push(message);
    } else if (type === "test:stderr" || type === "test:stdout") {
      output += (data as { message: string }).message;
    } else if (type === "test:start") {
      const { name, nesting } = data as TestEvent;
      names.length = nesting;
      names[nesting] = name;
    } else if (type === "test:dequeue" || type === "test:complete") {
      const { name, nesting } = data as TestEvent;
      if (name === file) return;
      running.length = nesting;
      if (type === "test:dequeue") running[nesting] = name;
    } else if (type === "test:pass" || type === "test:fail") {
      const event = data as TestEvent;
      const isFile = event.name === file; // the runner's own entry, for a file that ended badly or empty
      const result = verdict(event, type === "test:pass", isFile);
      if (result === "passed") passed += 1;
      if (result === null || result === "passed") return;
      const within = isFile ? ["the file"] : [...names.slice(0, event.nesting), event.name];
      const list = result === "failed" ? failures : notRun;
      const why = reasonOf(event, isFile);
      hasHung ||= isFile && why === `test timed out after ${hangMs}ms`;
      const reason = bundled.inSources([why, ...(hasHung ? seen : [])].join("\n"));
      list.push({ name: [path, ...within].join(" > "), reason });
    }
  };
  try {
    const stream = run({ files: [file], timeout: hangMs });
    for await (const event of stream as AsyncIterable<Parameters<typeof take>[0]>) take(event);
  } finally {
    clearTimeout(look);
  }
  const seconds = (performance.now() - startMs) / 1000;
  output = bundled.inSources(output);
  return { path, seconds, passed, failures, notRun, notes, output, hung: hasHung ? seen : [] };
}
