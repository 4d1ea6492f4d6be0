import assert from "node:assert/strict";
import { test } from "node:test";
import type { RooflinePoint, RooflineRecord } from "../../engine/trace/schema.ts";
import {
  limitsText,
  roofAt,
  rooflineAxes,
  rooflineDots,
  rooflineRows,
  rowText,
  wrongWithRoofline,
} from "../../widgets/cost/roofline/data.ts";
import { rooflineChart } from "../../widgets/cost/roofline/rooflineChart.ts";
import { costPicture } from "../../widgets/cost/staticPicture.ts";
import { COSTS, runRecord } from "../fixtures/runRecords.ts";

/** 100 bytes and 1000 FLOP a second: level from 10 FLOP for each byte on. */
const RECORD: RooflineRecord = {
  device: {
    ...{ name: "slow", source: "here", date: "2025-01-31", bytesPerSecond: 100 },
    ...{ flopsPerSecond: { f32: 1000 }, memoryBytes: null, usdPerHour: null },
  },
  dtype: "f32",
  flopsPerSecond: 1000,
  ridge: 10,
  phases: [
    {
      ...{ phase: "prefill", nTokens: 2, mostTokensPerSecond: 1 },
      whole: point({ flops: 2000, bytes: 100, leastMs: 2000, measuredMs: 4000 }),
      classes: [
        { costClass: "routedExperts", ...point({ flops: 500, bytes: 100, leastMs: 1000 }) },
        {
          costClass: "residual",
          ...point({ flops: 0, bytes: 0, leastMs: 0 }),
          ...{ bound: null, intensity: null },
        },
      ],
    },
    {
      ...{ phase: "decode", nTokens: 1, mostTokensPerSecond: 1 },
      whole: {
        ...point({ flops: 200, bytes: 100, leastMs: 1000, measuredMs: 500 }),
        aboveLimit: "caches",
      },
      classes: [],
    },
  ],
};

function point(given: {
  flops: number;
  bytes: number;
  leastMs: number;
  measuredMs?: number;
}): RooflinePoint {
  const { flops, bytes, leastMs, measuredMs = null } = given;
  const intensity = bytes === 0 ? null : flops / bytes;
  return {
    ...{ flops, bytes, intensity, leastMs, measuredMs, aboveLimit: null },
    bound: (intensity ?? 0) > 10 ? "compute" : "memory",
    share: measuredMs === null ? null : leastMs / measuredMs,
  };
}

test("the roof rises with the bytes up to the ridge and is level behind it", () => {
  assert.deepEqual(
    [1, 5, 10, 40].map((x) => roofAt(RECORD, x)),
    [100, 500, 1000, 1000],
  );
});

test("what was measured stands where it was, what was not stands on the roof", () => {
  const dots = rooflineDots(RECORD).map(({ row, x, y, isMeasured }) => [
    row.name,
    x,
    y,
    isMeasured,
  ]);
  assert.deepEqual(dots, [
    ["all of prefill", 20, 500, true],
    ["routed experts", 5, 500, false],
    ["all of decode", 2, 400, true],
  ]);
});

test("a part of which nothing is counted has no row", () => {
  assert.ok(!rooflineRows(RECORD).some(({ costClass }) => costClass === "residual"));
});

test("a share above the limit is said as it is, with why", () => {
  const [, , decode] = rooflineRows(RECORD);
  assert.ok(decode);
  assert.equal(
    rowText(decode),
    "all of decode: 2 FLOP for each byte, bound by memory, at least 1.00 s (derived), 500 ms (measured), 200.0 % of the limit (weights came from the processor's caches)",
  );
});

test("both axes hold the ridge and every mark, and a mark is found where it stands", () => {
  const { x, y } = rooflineAxes(RECORD);
  for (const dot of rooflineDots(RECORD)) {
    assert.ok(x.domain[0] < dot.x && dot.x < x.domain[1]);
    assert.ok(y.domain[0] < dot.y && dot.y < y.domain[1]);
  }
  assert.ok(x.domain[0] < RECORD.ridge && RECORD.ridge < x.domain[1]);
  const chart = rooflineChart(RECORD, 700, 300);
  chart.dots.forEach((dot, i) => {
    assert.equal(chart.nearest(chart.x(dot.x), chart.y(dot.y)), i);
  });
  assert.equal(chart.nearest(-100, -100), null);
});

test("the limits are named with where they come from, in the saved picture too", () => {
  const said =
    "slow: 100 B/s, 1 kFLOP/s in f32, level from 10 FLOP for each byte on (here, 2025-01-31)";
  assert.equal(limitsText(RECORD), said);
  assert.ok(costPicture(runRecord(["a", "b", "c"]), COSTS, [], 1, RECORD).includes(said));
});

test("what is no roofline is refused in words", () => {
  assert.equal(wrongWithRoofline(RECORD), null);
  assert.equal(wrongWithRoofline(null), "null");
  assert.equal(wrongWithRoofline({}), "an object of another kind");
  assert.equal(wrongWithRoofline({ ...RECORD, ridge: Number.NaN }), "limits of 100, 1000, NaN");
});
