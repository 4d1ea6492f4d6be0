import assert from "node:assert/strict";
import { test } from "node:test";
import { compileCondition, conditionText } from "../../widgets/stepper/condition.ts";
import { breakpointText, editText, visitName } from "../../widgets/stepper/data.ts";
import { enterBreakpoint } from "../../widgets/stepper/enterBreakpoint.ts";
import { operatorRows } from "../../widgets/stepper/operatorRows.ts";
import {
  rowNorms,
  rowWith,
  slicesOf,
  statisticsOf,
  thumbnailsOf,
  WINDOW_COLUMNS,
  windowNumbers,
  windowOf,
} from "../../widgets/stepper/picture.ts";
import type { BreakpointSource, SeenSource } from "../../widgets/stepper/stepperSource.ts";

/** Numbers that say where they are: 100 x first index + 10 x second + third. */
function counted(dims: readonly string[], shape: readonly number[]) {
  const [a = 1, b = 1, c = 1] = shape;
  const data = Float32Array.from(
    { length: a * b * c },
    (_, i) => 100 * Math.floor(i / (b * c)) + 10 * (Math.floor(i / c) % b) + (i % c),
  );
  return { data, shape, dims };
}

test("heads of a site with tokens first, and maps with heads first, are matrices of tokens", () => {
  const z = counted(["T", "H", "D"], [3, 2, 4]);
  const slices = slicesOf(z);
  assert.deepEqual([slices.nSlices, slices.nRows, slices.nColumns], [2, 3, 4]);
  const whole = windowOf(slices, 0, 0);
  assert.deepEqual(
    [...windowNumbers(z, slices, 1, whole)],
    [10, 11, 12, 13, 110, 111, 112, 113, 210, 211, 212, 213],
  );
  const maps = counted(["H", "T", "S"], [2, 3, 4]);
  const ofMaps = slicesOf(maps);
  assert.deepEqual([ofMaps.nSlices, ofMaps.nRows, ofMaps.nColumns], [2, 3, 4]);
  assert.deepEqual(
    [...windowNumbers(maps, ofMaps, 1, windowOf(ofMaps, 0, 0))].slice(0, 5),
    [100, 101, 102, 103, 110],
  );
});

test("statistics and norms are of one slice, and leave out what is not finite", () => {
  const value = {
    data: Float32Array.of(3, 4, 9, 9, Number.NEGATIVE_INFINITY, 0, 9, 9),
    shape: [2, 2, 2],
    dims: ["T", "H", "D"],
  };
  const { min, max, mean, std, nNotFinite, histogram } = statisticsOf(value, slicesOf(value), 0);
  assert.deepEqual([min, max, mean, nNotFinite], [0, 4, 7 / 3, 1]);
  assert.ok(Math.abs(std - Math.sqrt(26 / 9)) < 1e-12);
  assert.equal(
    histogram.reduce((sum, n) => sum + n, 0),
    3,
  );
  assert.deepEqual([...rowNorms(value, slicesOf(value), 0)], [5, 0]);
});

test("a number far out is in the next window, and windows are no larger than they may be", () => {
  const slices = slicesOf({ data: new Float32Array(3000), shape: [1, 3000], dims: ["T", "V"] });
  const { columnStart, columnCount } = windowOf(slices, 0, 2600);
  assert.deepEqual([columnStart, columnCount], [5 * WINDOW_COLUMNS, 3000 - 5 * WINDOW_COLUMNS]);
});

test("a thumbnail keeps the number of each block that is farthest from zero", () => {
  const data = new Float32Array(2 * 64).fill(0.5);
  data[64 + 7] = -3;
  const value = { data, shape: [1, 2, 64], dims: ["T", "H", "D"] };
  const { rows, columns, cells } = thumbnailsOf(value, slicesOf(value));
  assert.deepEqual([rows, columns], [1, 32]);
  assert.deepEqual([cells[32 + 3], cells[3]], [-3, 0.5]);
});

test("a row that is written has the other numbers of all heads as they were", () => {
  const z = counted(["T", "H", "D"], [2, 2, 3]);
  const row = rowWith(z, slicesOf(z), { slice: 1, row: 1, column: 2 }, -1);
  assert.deepEqual([...row], [100, 101, 102, 110, 111, -1]);
});

const seen = (data: readonly number[], index = 1): SeenSource => ({
  site: "blocks.0.hook_resid_post",
  value: { data: Float32Array.from(data), shape: [data.length], dims: ["M"] },
  token: { index, id: 7, text: " key" },
  layer: 0,
});

test("a condition in TypeScript is asked with the four names, and keeps its text", () => {
  const text = "token.index > 0 && Math.max(...(value.data as Float32Array)) < 2 && layer === 0";
  const condition = compileCondition(text);
  assert.equal(condition(seen([1, 1.5])), true);
  assert.equal(condition(seen([1, 2.5])), false);
  assert.equal(condition(seen([1], 0)), false);
  assert.equal(conditionText(condition), text);
  assert.equal(compileCondition("site.endsWith('mid') // never")(seen([1])), false);
});

test("what is no condition is refused in a sentence", () => {
  for (const [text, said] of [
    ["value.data[0] >", /Expression expected/],
    ["value.length > 1", /Property 'length' does not exist/],
    ["lyaer === 1", /Cannot find name 'lyaer'/],
    ["value.data.length", /'number' is not assignable to type 'boolean'/],
    ["true); (1", /Expected one expression/],
  ] as const)
    assert.throws(() => compileCondition(text), said, text);
});

test("a typed breakpoint is added, or refused at its field", () => {
  const added: BreakpointSource[] = [];
  const stepper = {
    operators: [
      { index: 0, kind: "route", layer: 3, reads: [], writes: [], weights: [], sites: [] },
    ],
    addBreakpoint: (at: BreakpointSource) => added.push(at),
  };
  const enter = (typed: Readonly<Record<string, string>>) =>
    enterBreakpoint(stepper, { id: 1, kind: "addBreakpoint", ...typed });
  assert.equal(enter({})?.field, "site");
  assert.equal(enter({ operator: "rout" })?.field, "operator");
  assert.equal(enter({ layer: "4" })?.field, "layer");
  assert.equal(enter({ when: "1" })?.field, "when");
  assert.deepEqual(added, []);
  assert.equal(enter({ operator: "route", layer: " 3 ", token: " key" }), null);
  assert.deepEqual(added, [{ operator: "route", layer: 3, token: " key" }]);
});

test("places, breakpoints and edits have names", () => {
  const last = { index: 5, kind: "add", layer: 2, reads: [], weights: [], sites: [] };
  const writes = [{ name: "blocks.2.hook_resid_mid", shape: [3, 8] }];
  assert.equal(visitName({ ...last, writes }), "layer 2: hook_resid_mid");
  assert.equal(visitName(null), "beginning");
  assert.equal(
    breakpointText({ site: "blocks.*", token: " key", when: "true" }),
    'site blocks.*, token " key", when true',
  );
  assert.equal(editText({ kind: "replace", site: "a", position: [4, 5] }), "replace a at 4");
  assert.equal(
    editText({ kind: "zero", site: "a", head: 2, position: [4, 9] }),
    "zero a, head 2 at 4 to 8",
  );
  assert.equal(editText({ kind: "experts", layer: 3, force: [1] }), "experts of layer 3");
});

test("operators stand in a row for each layer, with rows of their own before and behind", () => {
  const layers = [null, 0, 0, 1, null, null];
  const marks = layers.map((layer) => ({ kind: "add", layer, sites: [] }));
  assert.deepEqual(
    operatorRows(marks).map(({ label, first, count }) => [label, first, count]),
    [
      ["input", 0, 1],
      ["layer 0", 1, 2],
      ["layer 1", 3, 1],
      ["output", 4, 2],
    ],
  );
});
