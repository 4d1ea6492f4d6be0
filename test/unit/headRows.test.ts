import assert from "node:assert/strict";
import { test } from "node:test";
import { METRICS } from "../../widgets/attention/data.ts";
import { headRows, selectedBy } from "../../widgets/attention/headRows.ts";
import { checkRuns, meanOfRuns } from "../../widgets/attention/runMetrics.ts";
import { runRecord } from "../fixtures/runRecords.ts";

/** Two layers, of one head and of two: previous, induction, self, first, entropy, duplicate, distance. */
const METRICS_OF: readonly (readonly (readonly number[])[])[] = [
  [[0.5, 0.25, 0, 0.25, 1, 0.125, 4]],
  [
    [0.75, 0, 0.125, 0.125, 2, 0, 2],
    [0.25, Number.NaN, 0.5, 0, 3, Number.NaN, 8],
  ],
];
const HEADS = [1, 2];
const VALUES = new Float32Array(2 * 2 * METRICS.length);
METRICS_OF.forEach((heads, layer) => {
  heads.forEach((values, head) => {
    VALUES.set(values, (2 * layer + head) * METRICS.length);
  });
});

const AS_THEY_ARE = { sort: "layer", metric: "previous", atLeast: 0, group: "none" } as const;

test("each head is a row with all its metrics, sorted down or up, those without the metric last", () => {
  const rows = headRows(HEADS, VALUES, AS_THEY_ARE, "head");
  assert.deepEqual(
    rows.map(({ name }) => name),
    ["L0 H0", "L1 H0", "L1 H1"],
  );
  assert.deepEqual(
    rows.map(({ values }) => values),
    METRICS_OF.flat(),
  );
  assert.deepEqual(
    rows.map(({ kind }) => kind),
    ["previous token", "previous token", "self"],
  );
  const names = (sort: "induction" | "entropy", isAscending: boolean): string[] =>
    headRows(HEADS, VALUES, { ...AS_THEY_ARE, sort, isAscending }, "head").map(({ name }) => name);
  assert.deepEqual(names("entropy", false), ["L1 H1", "L1 H0", "L0 H0"]);
  assert.deepEqual(names("entropy", true), ["L0 H0", "L1 H0", "L1 H1"]);
  assert.deepEqual(names("induction", false), ["L0 H0", "L1 H0", "L1 H1"]);
  assert.deepEqual(names("induction", true), ["L1 H0", "L0 H0", "L1 H1"]);
});

test("rows are left out whose metric is below a number", () => {
  const by = { ...AS_THEY_ARE, metric: "self", atLeast: 0.125 } as const;
  assert.deepEqual(
    headRows(HEADS, VALUES, by, "head").map(({ name }) => name),
    ["L1 H0", "L1 H1"],
  );
  const single = new Float32Array(METRICS.length).fill(0.7); // in f32 a little less
  for (const over of ["head", "heads"] as const)
    assert.equal(headRows([1], single, { ...AS_THEY_ARE, atLeast: 0.7 }, over).length, 1, over);
});

test("means go over a layer's heads, over layers and over all, and open what they are the mean of", () => {
  const rows = headRows(HEADS, VALUES, AS_THEY_ARE, "heads");
  assert.deepEqual(
    rows.map(({ name, place }) => [name, place.layer]),
    [
      ["L0, mean of 1 head", 0],
      ["L1, mean of 2 heads", 1],
    ],
  );
  assert.deepEqual(rows[1]?.values, [0.5, Number.NaN, 0.3125, 0.0625, 2.5, Number.NaN, 5]);
  const layers = headRows(HEADS, VALUES, { ...AS_THEY_ARE, sort: "previous" }, "layers");
  assert.deepEqual(
    layers.map(({ name, values, place }) => [name, values[0], place.head]),
    [
      ["H0, mean over 2 layers", 0.625, 0],
      ["H1, mean over 1 layer", 0.25, 1],
    ],
  );
  const [all] = headRows(HEADS, VALUES, AS_THEY_ARE, "all");
  assert.deepEqual([all?.name, all?.values[0]], ["mean of all 3 heads", 0.5]);
});

test("a row is a layer, a head, both or neither in other pictures", () => {
  const place = { layer: 3, head: 1 };
  assert.deepEqual(selectedBy(place, "head"), place);
  assert.deepEqual(selectedBy(place, "heads"), { layer: 3 });
  assert.deepEqual(selectedBy(place, "layers"), { head: 1 });
  assert.deepEqual(selectedBy(place, "all"), {});
});

test("runs count alike, and one without a number for a metric is left out of it", () => {
  const mean = meanOfRuns([
    Float32Array.of(0.25, Number.NaN, Number.NaN),
    Float32Array.of(0.75, 0.5, Number.NaN),
  ]);
  assert.deepEqual([...mean], [0.5, 0.5, Number.NaN]);
});

test("runs of another model are refused", () => {
  const own = runRecord(["a"], { headsByLayer: [2, 2] });
  const other = { record: runRecord(["b"], { headsByLayer: [2, 4] }) } as never;
  assert.throws(() => checkRuns(own, [other]), {
    name: "TypeError",
    message:
      /^attention runs: expected 2 layers of 2 heads, got 2 of 2 to 4 heads in small\. Pass runs of one model\.$/,
  });
  assert.throws(() => checkRuns(own, {} as never), /expected a list of runs, got object\./);
});
