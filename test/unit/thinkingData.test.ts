import assert from "node:assert/strict";
import { test } from "node:test";
import {
  budgetsOf,
  placesOf,
  pointText,
  thinkingDrawing,
  thinkingText,
  wrongWithRecord,
} from "../../widgets/thinking/data.ts";
import { thinkingPicture } from "../../widgets/thinking/staticPicture.ts";
import { THINKING } from "../fixtures/curveRecords.ts";

test("budgets ascend, and no limit comes last", () => {
  assert.deepEqual(budgetsOf(THINKING), [0, 16, null]);
});

test("points stand over their budgets, or where the tokens really thought are", () => {
  const [sums] = THINKING.curves;
  assert.ok(sums);
  const over = placesOf(THINKING, 0, "budgets").map(({ x }) => Math.round(x + 0.1));
  assert.deepEqual(over, [0, 1, 2]);
  assert.deepEqual(
    placesOf(THINKING, 0, "tokens").map(({ x }) => x),
    [0, 12.5, 40],
  );
  const drawing = thinkingDrawing(THINKING, "budgets");
  assert.deepEqual(
    drawing.lines[0]?.points.map(([, share]) => share),
    [0.1, 0.4, 0.8],
  );
  assert.equal(drawing.x.format(2), "no limit");
});

test("the band above a line is as high as the share that was cut", () => {
  const { bands, intervals } = thinkingDrawing(THINKING, "budgets");
  assert.equal(bands.length, 1, "the curve without cut answers has none");
  assert.deepEqual(
    bands[0]?.points.map(([, low, high]) => Number((high - low).toFixed(9))),
    [0, 0.2, 0.1],
  );
  assert.equal(intervals.length, 4);
});

test("a point says its counts, its interval and that they are measured", () => {
  const [sums] = THINKING.curves;
  const point = sums?.points[2];
  assert.ok(sums && point);
  const said =
    "sums, a budget of 16: 4 of 10 right, 40.0 % (20.0 % to 70.0 %), 4 wrong, 2 cut; 3 ended by the budget; 12.5 tokens of thinking, 2 tokens of answer (measured)";
  assert.equal(pointText(sums, point), said);
  assert.ok(thinkingText(THINKING).includes(said));
  assert.equal(thinkingText(THINKING).split("\n").length, 5);
  assert.match(thinkingPicture(THINKING), />no limit<.*>sums<.*Whiskers are 95 % intervals/s);
});

test("what is no curve is refused in words", () => {
  assert.equal(wrongWithRecord(THINKING), null);
  assert.equal(wrongWithRecord(undefined), "undefined");
  assert.equal(wrongWithRecord({ lines: [] }), "an object of another kind");
  assert.equal(wrongWithRecord({ model: "m", curves: [] }), "no points");
  const [curve] = THINKING.curves;
  const broken = { ...curve?.points[0], n: 0 };
  assert.equal(
    wrongWithRecord({ model: "m", curves: [{ name: "a", points: [broken] }] }),
    "a point without counts",
  );
});
