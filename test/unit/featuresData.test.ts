import assert from "node:assert/strict";
import { test } from "node:test";
import {
  featureRows,
  featuresText,
  featureText,
  isSigned,
  largestTokens,
  numberText,
  rowOf,
  shortText,
  sizeOf,
  strengthOf,
} from "../../widgets/features/data.ts";
import { featuresPicture } from "../../widgets/features/staticPicture.ts";
import { featureTables } from "../../widgets/features/tables.ts";
import { featureStrip } from "../../widgets/index.ts";
import { readTable } from "../../widgets/render/table.ts";
import { runRecord } from "../fixtures/runRecords.ts";

const RECORD = runRecord(["<a>", " b", "c"]);
const RUN = { id: "run", record: RECORD };
const nan = Number.NaN;
const FEATURES = [
  { name: "quote", values: Float32Array.of(0, 2, 0.5) },
  { name: "sum", values: [nan, -4, 1], unit: "bits", provenance: "measured" },
];
const ROWS = featureRows(FEATURES, ["<a>", " b", "c"]);

test("features are rows of tokens", () => {
  assert.deepEqual([...rowOf(ROWS, 1)], [nan, -4, 1]);
  assert.deepEqual(
    [ROWS.units, ROWS.provenance],
    [
      ["", "bits"],
      ["as given", "measured"],
    ],
  );
  assert.equal(featureText(ROWS, 0), "quote: largest at ·b (1), 2");
  assert.match(featuresText(ROWS, "small"), /\nsum: largest at c \(2\), 1 bits$/);
  const none = featureRows([{ name: "none", values: [nan] }], ["a"]);
  assert.equal(featureText(none, 0), "none: no token has a number");
});

test("the largest come first, of equals the first, without those that are not there", () => {
  assert.deepEqual(largestTokens([1, nan, 3, 3, -1], 3), [2, 3, 0]);
  assert.equal(sizeOf([1, nan, -3, Number.POSITIVE_INFINITY]), 3);
  assert.equal(sizeOf([nan]), 0);
  assert.deepEqual([isSigned(ROWS), isSigned({ values: Float64Array.of(0, nan) })], [true, false]);
  assert.deepEqual([shortText(1 / 3, "bits"), shortText(nan, "")], ["0.3333 bits", "none"]);
});

test("numbers to read have few digits and a minus, whole ones all of theirs", () => {
  const texts = [-0.044790834188461304, 107.98462677001953, -1234567, 0, -Infinity, 1.25e-9];
  assert.deepEqual(
    texts.map((value) => numberText(value, "")),
    ["−0.0447908", "107.985", "−1234567", "0", "−∞", "1.25e-9"],
  );
  assert.equal(shortText(-2 / 3, "bits"), "−0.6667 bits");
});

test("colours are by the largest, decades below it, or as strong as can be", () => {
  const linear = [0, 2, -4, nan, Number.POSITIVE_INFINITY].map((x) => strengthOf(x, 4, "linear"));
  assert.deepEqual(linear, [0, 0.5, -1, nan, 1]);
  const decades = [1, -0.01, 1e-4, 1e-9].map((x) => strengthOf(x, 1, "log"));
  assert.deepEqual(decades, [1, -0.5, 0, 0]);
  assert.equal(strengthOf(0, 0, "linear"), 0);
});

test("the table has a column for each feature, with its unit", async () => {
  const [table] = await Promise.all(featureTables(RECORD, ROWS).map(readTable));
  assert.deepEqual(
    table?.columns.map(({ name, unit }) => [name, unit]),
    [...["position", "id", "text", "quote"].map((name) => [name, undefined]), ["sum", "bits"]],
  );
  assert.deepEqual([...(table?.columns[4]?.values ?? [])], [nan, -4, 1]);
});

test("what is not one number for each token is refused by name", () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [[], /expected a list of features, got an empty one\. Write \[\{ name, values \}\]\.$/],
    [{ name: "a" }, /got an object with name\./],
    [[{ name: "", values: [1, 2, 3] }], /expected a name of feature 0, got ""/],
    [[{ name: "a", values: [1, 2] }], /expected 3 values of a, one for each token, got 2\./],
    [[{ name: "a" }], /got none\./],
    [[{ name: "a", values: [1, null, 2] }], /expected numbers of a, got null\./],
    [[FEATURES[0], FEATURES[0]], /expected different names, got "quote" twice/],
  ];
  for (const [features, message] of wrong)
    assert.throws(() => featureStrip(features as never, RUN), { name: "TypeError", message });
  const many = Array.from({ length: 2 ** 16 }, (_, i) => ({ name: `f${i}`, values: [1, 2, 3] }));
  assert.throws(() => featureStrip(many, RUN), /at most 131072 numbers, got 65536 features of 3/);
});

test("the static picture has a strip for each, and says how many it leaves out", () => {
  const svg = featuresPicture(ROWS, "<small>");
  assert.match(svg, /&lt;small&gt;/);
  assert.match(svg, /class="d0"/, "the number farthest below 0");
  assert.match(svg, /class="f"/, "what has no number");
  const many = Array.from({ length: 14 }, (_, i) => ({ name: `f${i}`, values: [1, 2, 3] }));
  assert.match(
    featuresPicture(featureRows(many, ["a", "b", "c"]), "x"),
    /Not shown: 2 more features/,
  );
});
