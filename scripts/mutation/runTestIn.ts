import { spawn } from "node:child_process";

export interface TestOutcome {
  readonly verdict: "passed" | "failed" | "timed out";
  readonly durationMs: number;
  readonly output: string;
}

/** A test that failed, unless it is marked as one that may. */
const FAILED_TEST = /^\s*not ok (?!.*# (?:TODO|SKIP))/m;

/**
 * Runs one test file in a process of its own, and ends it at the first test that fails: one is enough.
 * @param root the copy of the repository to run it in
 */
export function runTestIn(
  root: string,
  test: string,
  limitMs: number,
  env: NodeJS.ProcessEnv = {},
): Promise<TestOutcome> {
  const startMs = performance.now();
  const child = spawn(process.execPath, ["--import", "tsx", "--test-reporter=tap", test], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a group of its own: what the test started ends with it
  });
  let output = "";
  let verdict: TestOutcome["verdict"] = "passed";
  const end = (as: TestOutcome["verdict"]): void => {
    verdict = as;
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // it has ended by itself
    }
  };
  const timer = setTimeout(() => end("timed out"), limitMs);
  const hear = (chunk: Buffer): void => {
    if (verdict !== "passed") return;
    output += chunk.toString();
    if (FAILED_TEST.test(output)) end("failed");
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (verdict === "passed" && code !== 0) verdict = "failed";
      resolve({ verdict, durationMs: performance.now() - startMs, output });
    });
  });
}
