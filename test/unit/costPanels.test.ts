import assert from "node:assert/strict";
import { test } from "node:test";
import { COST_CLASSES } from "../../engine/cost/costClass.ts";
import type { ClassCost } from "../../engine/trace/schema.ts";
import { cacheLines, cacheRows, cacheText } from "../../widgets/cost/cache/data.ts";
import { classParts } from "../../widgets/cost/classGroups.ts";
import { binned } from "../../widgets/cost/data.ts";
import { FATES, flowText, parameterFlows, sumOf } from "../../widgets/cost/parameters/data.ts";
import { parametersChart } from "../../widgets/cost/parameters/parametersChart.ts";
import {
  amountOf,
  type Stacked,
  stackedParts,
  stackRows,
  stackValues,
} from "../../widgets/cost/stack/data.ts";
import { stackChart } from "../../widgets/cost/stack/stackChart.ts";
import { costPicture } from "../../widgets/cost/staticPicture.ts";
import { svgMarkup } from "../../widgets/render/chart/svgNode.ts";
import { COSTS, runRecord } from "../fixtures/runRecords.ts";

const { byClass, classes, tokens } = COSTS;
const nClasses = classes.length;
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.abs(b);

test("every part of the model has its place in one group, and a tone that no other has", () => {
  const parts = classParts(COST_CLASSES.map((costClass) => ({ costClass })));
  assert.deepEqual(parts.map(({ costClass }) => costClass).sort(), [...COST_CLASSES].sort());
  assert.equal(new Set(parts.map(({ tone }) => tone)).size, COST_CLASSES.length);
  for (const { costClass, index } of parts) assert.equal(COST_CLASSES[index], costClass);
});

test("stacked parts add up to what each token took, and to the run", () => {
  const whole = {
    flops: (t: (typeof tokens)[number]) => t.flops,
    weightBytes: (t: (typeof tokens)[number]) => t.weightBytes,
    kvBytes: (t: (typeof tokens)[number]) => t.kvReadBytes + t.kvWriteBytes,
  };
  for (const quantity of [
    "flops",
    "weightBytes",
    "kvBytes",
  ] as const satisfies readonly Stacked[]) {
    const parts = stackedParts(classes, quantity);
    tokens.forEach((token, t) => {
      const amounts = parts.map((part) => amountOf(byClass, nClasses, t, part, quantity));
      assert.equal(
        amounts.reduce((a, b) => a + b, 0),
        whole[quantity](token),
        `${quantity} of ${t}`,
      );
    });
    const rows = stackRows(byClass, nClasses, parts, quantity, null);
    const run = tokens.reduce((sum, token) => sum + whole[quantity](token), 0);
    assert.equal(
      rows.reduce((sum, { amount }) => sum + amount, 0),
      run,
    );
    assert.ok(
      near(
        rows.reduce((sum, { share }) => sum + share, 0),
        1,
      ),
    );
  }
  assert.equal(stackedParts(classes, "kvBytes").length, 1, "the head keeps no cache");
});

test("bars of several tokens have their mean, so that nothing is lost", () => {
  const parts = stackedParts(classes, "flops");
  const bins = binned(tokens.length, 2);
  const values = stackValues(byClass, nClasses, parts, "flops", bins);
  const all = bins.reduce((sum, { start, end }, b) => {
    const row = values.subarray(b * parts.length, (b + 1) * parts.length);
    return sum + (end - start) * row.reduce((a, v) => a + v, 0);
  }, 0);
  assert.equal(all, 36);
});

test("a bar is found under the pointer, and a pointer over it; shares fill the height", () => {
  const options = {
    ...{ width: 400, height: 200, byClass, nClasses, nTokens: 3, firstDecoded: 2 },
    ...{ parts: stackedParts(classes, "flops"), quantity: "flops" as const, isShare: false },
  };
  const chart = stackChart(options);
  for (const token of [0, 1, 2]) {
    const bar = chart.barOf(token);
    assert.ok(bar);
    assert.equal(chart.tokenAt(bar.x + bar.width / 2), token);
  }
  assert.equal(chart.barOf(3), null);
  assert.equal(chart.tokenAt(chart.plot.left - 5), null);
  const gap = (chart.barOf(2)?.x ?? 0) - (chart.barOf(1)?.x ?? 0);
  assert.ok(gap > (chart.barOf(1)?.x ?? 0) - (chart.barOf(0)?.x ?? 0), "phases stand apart");
  const shares = svgMarkup(stackChart({ ...options, isShare: true }).node);
  assert.equal(shares.match(new RegExp(`V${chart.plot.top}h`, "g"))?.length, 3);
});

test("a hundred thousand tokens become as many bars as there are pixels", () => {
  const n = 100_000;
  const chart = stackChart({
    ...{ width: 600, height: 200, nClasses: 1, nTokens: n, firstDecoded: n },
    byClass: new Float64Array(4 * n).fill(1),
    parts: classParts([{ costClass: "head" }]),
    ...{ quantity: "flops", isShare: false },
  });
  assert.ok(chart.bins.length <= 600);
  assert.equal(chart.bins.at(-1)?.end, n);
  assert.ok(svgMarkup(chart.node).length < 60_000);
});

test("the cache grows by each form's bytes, the model's own first", () => {
  const rows = cacheRows(COSTS);
  assert.deepEqual(
    rows.map(({ name, isOwn }) => [name, isOwn]),
    [
      ["MLA", true],
      ["MHA, 8 heads", false],
      ["GQA, 2 heads", false],
      ["MQA", false],
    ],
  );
  for (const isLog of [false, true])
    cacheLines(rows, 50, isLog).forEach(({ points, isStrong }, i) => {
      assert.deepEqual(points.at(-1), [50, 50 * (rows[i]?.bytesPerToken ?? 0)]);
      assert.equal(points[0]?.[0], isLog ? 1 : 0);
      assert.equal(isStrong, i === 0);
    });
  assert.equal(
    cacheText(rows, 3),
    "MLA 300 B · MHA, 8 heads 1.2 kB · GQA, 2 heads 600 B · MQA 150 B",
  );
  const mixed = COSTS.caches.map((form) => ({ ...form, isOwn: false }));
  const [own] = cacheRows({ caches: mixed, kvBytesPerToken: 123 });
  assert.deepEqual([own?.isOwn, own?.bytesPerToken], [true, 123], "layers of several forms");
});

test("parameters flow into active, idle and drafting ones, and none is lost", () => {
  const draft: ClassCost = {
    costClass: "mtp",
    ...{ parameters: 200, activeParameters: 0 },
    ...{ flops: 0, weightBytes: 0, kvReadBytes: 0, kvWriteBytes: 0 },
  };
  const flows = parameterFlows({ classes: [...classes, draft] });
  assert.equal(sumOf(flows, null), COSTS.totalParameters + COSTS.draftParameters);
  assert.equal(sumOf(flows, "active"), COSTS.activeParameters);
  assert.equal(sumOf(flows, "drafting"), COSTS.draftParameters);
  const fates = FATES.reduce((sum, { fate }) => sum + sumOf(flows, fate), 0);
  assert.equal(fates, sumOf(flows, null));
  assert.equal(
    flowText(flows[0] as (typeof flows)[number], 1200),
    "routed experts: 900 parameters, 75.0 % of all; 300 active, 600 idle (derived)",
  );
});

test("each part of the model has a bar as tall as it has parameters, and can be pointed at", () => {
  const flows = parameterFlows(COSTS);
  const chart = parametersChart(flows, 800, 300);
  const [experts, head] = chart.places;
  assert.ok(experts && head);
  assert.ok(near((experts.bottom - experts.top) / (head.bottom - head.top), 9));
  assert.ok(experts.bottom < head.top);
  const [left, right] = chart.bars;
  chart.places.forEach(({ top, bottom }, i) => {
    assert.equal(chart.partAt((left + right) / 2, (top + bottom) / 2), i);
  });
  assert.equal(chart.partAt(-1, 100), null);
});

test("a saved picture has the parts, the flow and the cache in it, within its size", () => {
  const picture = costPicture(runRecord(["a", "b", "c"]), COSTS, [], 1);
  for (const said of [
    "routed experts",
    "FLOPs of the run (derived)",
    "MLA",
    "600 idle",
    "MHA, 8 heads",
  ])
    assert.ok(picture.includes(said), said);
  assert.ok(picture.length < 40_000, String(picture.length));
});
