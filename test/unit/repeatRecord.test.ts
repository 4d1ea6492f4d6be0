import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import {
  type RepeatTask,
  type Round,
  repeatSummary,
  roundsDone,
  writeRepeat,
} from "../../scripts/test/repeatRecord.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const TASK: RepeatTask = {
  commit: "0123456789abcdef0123456789abcdef01234567",
  isClean: true,
  isLoaded: true,
  isQuick: false,
  filters: ["unit"],
};
const green: Round = { seconds: 300, passed: 12, problems: [] };
const red = (...reasons: readonly string[]): Round => ({
  seconds: 301,
  passed: 11,
  problems: reasons.map((reason, i) => ({ name: `f > t${i}`, reason })),
});

test("rounds that were done before a stop are counted, for the same task alone", async (t) => {
  const path = join(await temporaryFolder(t), "folder", "record.json");
  assert.throws(() => roundsDone(TASK, path), {
    message:
      "test:repeat --continue: expected rounds of clean 0123456789ab --load unit, got none. Begin anew without --continue.",
  });
  const rounds = [green, red("Error: x")];
  writeRepeat({ task: TASK, rounds }, path);
  assert.deepEqual(roundsDone(TASK, path), rounds);
  writeRepeat({ task: TASK, rounds: [...rounds, green] }, path);
  assert.equal(roundsDone({ ...TASK }, path).length, 3);
  for (const other of [
    { commit: "9".repeat(40) },
    { isLoaded: false },
    { isQuick: true },
    { filters: [] },
  ])
    assert.throws(() => roundsDone({ ...TASK, ...other }, path), /got those of clean 0123456789ab/);
});

test("a tree with changes says nothing of the commit, before or after the stop", async (t) => {
  const path = join(await temporaryFolder(t), "record.json");
  writeRepeat({ task: TASK, rounds: [green] }, path);
  assert.throws(() => roundsDone({ ...TASK, isClean: false }, path), /got a tree with changes\./);
  writeRepeat({ task: { ...TASK, isClean: false }, rounds: [green] }, path);
  assert.throws(() => roundsDone(TASK, path), /got those of changed 0123456789ab --load unit\./);
});

test("the summary tells what failed, how often, in which rounds and why the last time", () => {
  assert.deepEqual(repeatSummary([green, red("a", "b"), green, red("c")], true), [
    "2 of 4  f > t0 (rounds 2, 4)\nc",
    "1 of 4  f > t1 (rounds 2)\nb",
    "2 of 4 rounds passed with one core kept busy",
  ]);
  assert.deepEqual(repeatSummary([green], false), ["1 of 1 rounds passed"]);
});
