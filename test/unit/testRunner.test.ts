import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { childCpuSeconds } from "../../scripts/test/childCpu.ts";
import { closingLines } from "../../scripts/test/closingLines.ts";
import type { FileResult } from "../../scripts/test/runTestFile.ts";
import { runOrRepeat } from "../../scripts/test/runTestFiles.ts";
import { selectTestFiles } from "../../scripts/test/selectTestFiles.ts";
import { longestFirst } from "../../scripts/test/testTimes.ts";
import { isQuick } from "../../scripts/test/tiers.ts";
import { testWhere } from "../fixtures/testWhere.ts";

const SAMPLE = "test/fixtures/runner/sample.ts";

function tell(...paths: readonly string[]): SpawnSyncReturns<string> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const command = [...process.execArgv, inRepository("test/fixtures/runner/tell.ts"), ...paths];
  return spawnSync(process.execPath, command, { env, encoding: "utf8" });
}

/** What the runner makes of test files. */
function resultsOf(...paths: readonly string[]): FileResult[] {
  const { status, stdout, stderr } = tell(...paths);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as FileResult[];
}

testWhere(process.platform === "linux")(
  "the CPU time of what was started is counted when it has ended",
  () => {
    const before = childCpuSeconds() ?? Number.NaN;
    const work = "const start = process.cpuUsage(); while (process.cpuUsage(start).user < 1e5);";
    spawnSync(process.execPath, ["-e", work]);
    const took = (childCpuSeconds() ?? Number.NaN) - before;
    assert.ok(took >= 0.08, `${took} s`);
  },
);

function inCi(t: TestContext, value: string | undefined): void {
  const before = process.env.CI;
  const set = (to: string | undefined): void => {
    if (to === undefined) delete process.env.CI;
    else process.env.CI = to;
  };
  set(value);
  t.after(() => set(before));
}

const result = (changes: Partial<FileResult>): FileResult => ({
  path: "test/unit/some.test.ts",
  seconds: 1,
  passed: 1,
  failures: [],
  notRun: [],
  notes: [],
  output: "",
  hung: [],
  ...changes,
});

test("failures, skips and what is not run are told apart, by their full names", () => {
  const [told] = resultsOf(SAMPLE);
  assert.ok(told);
  const { passed, failures, notRun, notes, output } = told;
  assert.equal(passed, 2);
  assert.deepEqual(
    failures.map(({ name, reason }) => [name, reason.split("\n")[0]]),
    [
      [`${SAMPLE} > a suite > inside another > fails`, "Error: on purpose"],
      [`${SAMPLE} > is skipped`, "it was skipped"],
      [`${SAMPLE} > is left for later`, "it was skipped"],
    ],
  );
  const source = readFileSync(inRepository(SAMPLE), "utf8");
  const line = source.split("on purpose")[0]?.split("\n").length;
  assert.ok(failures[0]?.reason.includes(`${inRepository(SAMPLE)}:${line}:`), "where it failed");
  assert.deepEqual(notRun, [
    { name: `${SAMPLE} > lacks something`, reason: "needs a thing" },
    { name: `${SAMPLE} > a suite that lacks something`, reason: "needs another" },
  ]);
  assert.deepEqual(notes, ["a note"]);
  assert.match(output, /printed/);
});

test("a file that holds no test, or ends before its tests do, fails", () => {
  const results = resultsOf("test/fixtures/runner/empty.ts", "test/fixtures/runner/dies.ts");
  assert.equal(results.length, 2);
  for (const { path, passed, failures } of results) {
    assert.equal(passed, 0, path);
    assert.equal(failures.at(-1)?.name, `${path} > the file`);
  }
});

testWhere(process.platform === "linux")(
  "a file that hangs fails with the test that was running and what its threads waited for",
  () => {
    const path = "test/fixtures/runner/hangs.ts";
    const [told] = resultsOf("--hang-ms=3000", path);
    const [failure, ...others] = told?.failures ?? [];
    assert.equal(told?.passed, 1);
    assert.equal(told?.hung[0], "running was a suite > waits");
    assert.deepEqual(others, []);
    assert.equal(failure?.name, `${path} > the file`);
    assert.match(
      failure?.reason ?? "",
      /timed out after 3000ms\nrunning was a suite > waits\nprocess \d+: .*hangs/,
    );
    assert.match(failure?.reason ?? "", /\n {2}main thread, .*, state S, waits in .*, \d+ ticks\n/);
  },
);

test("a file that hangs is run once more, and what it did is printed", async () => {
  const hung = ["running was waits"];
  const failures = [{ name: "f > the file", reason: "test timed out" }];
  const runs = [result({ hung, failures }), result({ hung: [], passed: 2 }), result({ passed: 3 })];
  const printed: string[] = [];
  const run = async (): Promise<FileResult> => runs.shift() as FileResult;
  const { passed } = await runOrRepeat(run, (line) => printed.push(line));
  assert.equal(passed, 2);
  assert.deepEqual(printed, [
    "hung   test/unit/some.test.ts, and runs again",
    "         running was waits",
  ]);
  assert.equal((await runOrRepeat(run, assert.fail)).passed, 3);
});

test("what was bundled is gone with its process, and with the next one where that was killed", () => {
  const folderOf = (pid: number): string => inRepository(".vitrine/bundled", `${pid}`);
  const left = folderOf(2 ** 22 + 1); // more than the largest id of a process
  mkdirSync(left, { recursive: true });
  const { pid } = tell("test/fixtures/runner/sample.ts");
  assert.ok(pid > 0);
  for (const folder of [left, folderOf(pid)]) assert.equal(existsSync(folder), false, folder);
});

test("the last lines repeat failures and name what was not run; the very last one counts", (t) => {
  inCi(t, undefined);
  const failing = result({ failures: [{ name: "f > t", reason: "Error: x" }], output: "said\n" });
  const lacking = result({ passed: 0, notRun: [{ name: "g > u", reason: "needs a thing" }] });
  const { lines, isGreen } = closingLines([failing, lacking], 61);
  assert.equal(isGreen, false);
  assert.deepEqual(lines.slice(-3), [
    "not run  g > u: needs a thing",
    "test   2 files in 61 s",
    "1 passed, 1 failed",
  ]);
  assert.ok(lines.includes("FAIL   f > t\n         Error: x"));
  assert.ok(lines.includes("said"));
  assert.equal(closingLines([result({}), lacking], 1).isGreen, true);
  assert.equal(
    closingLines([result({})], 61, 90.4).lines[0],
    "test   1 files in 61 s, 90 s of CPU time",
  );
  assert.equal(closingLines([lacking], 1).isGreen, false, "nothing was shown");
});

test("in CI nothing may be left out", (t) => {
  inCi(t, "true");
  const lacking = result({ notRun: [{ name: "g > u", reason: "needs a thing" }] });
  const { lines, isGreen } = closingLines([lacking], 1);
  assert.equal(isGreen, false);
  assert.equal(lines.at(-1), "1 passed, 1 failed");
});

test("files that took longest come first, and those never measured before them", () => {
  assert.deepEqual(longestFirst(["a", "b", "c", "d"], { a: 1, c: 30, d: 2 }), ["b", "c", "d", "a"]);
});

test("the quick tier is a part of all files, and no browser or Python suite is in it", () => {
  const all = selectTestFiles([], false);
  const quick = selectTestFiles([], true);
  assert.ok(quick.length > 40 && quick.length < all.length);
  assert.ok(quick.every((path) => all.includes(path)));
  assert.ok(!quick.some((path) => /^test\/(browser|conformance|golden)\//.test(path)));
  assert.equal(isQuick("test/contract/webgpu.test.ts"), false);
  assert.equal(isQuick("test/unit/webgpuBackend.test.ts"), false);
  assert.equal(isQuick("test/contract/cpu.test.ts"), true);
});

test("a filter names a suite whole, or any part of a path", () => {
  assert.ok(selectTestFiles(["unit"], false).every((path) => path.startsWith("test/unit/")));
  assert.deepEqual(selectTestFiles(["testRunner"], false), ["test/unit/testRunner.test.ts"]);
  assert.deepEqual(selectTestFiles(["no such file"], false), []);
});
