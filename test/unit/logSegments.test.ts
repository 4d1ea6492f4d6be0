import assert from "node:assert/strict";
import { test } from "node:test";
import { covered, segmentName, segmentOf } from "../../engine/evaluate/logSegments.ts";

const name = (from: number, to: number, worker = "20261201T090000000Z-1-aa") =>
  segmentName({ worker, from, to });

test("a segment's name says what it is a part of, and stands in its log's place", () => {
  const log = "20261201T090000000Z-1-aa.jsonl";
  assert.deepEqual(segmentOf(name(5, 120)), { worker: log.slice(0, -6), from: 5, to: 120 });
  assert.equal(segmentOf(log), null);
  assert.equal(segmentOf("merged.jsonl"), null);
  const later = "20261201T090000001Z-1-aa.jsonl";
  const sorted = [later, log, name(120, 3000), name(0, 120)].sort();
  assert.deepEqual(sorted, [name(0, 120), name(120, 3000), log, later]);
});

test("a log is in the store up to where its segments leave nothing out", () => {
  const worker = "20261201T090000000Z-1-aa";
  assert.equal(covered(worker, []), 0);
  assert.equal(covered(worker, [name(100, 200), name(0, 100)]), 200);
  assert.equal(covered(worker, [name(0, 150), name(100, 140), name(150, 180)]), 180);
  assert.equal(covered(worker, [name(0, 100), name(101, 200)]), 100, "a byte is left out");
  assert.equal(covered(worker, [name(0, 100, "another")]), 0);
});
