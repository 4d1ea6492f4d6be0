import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lensGrid } from "../../widgets/index.ts";
import { columnsThatFit, pooledMeans, windowWith } from "../../widgets/lens/columnWindow.ts";
import {
  cellText,
  isRight,
  layerOfSite,
  lensCells,
  lensText,
  likeliestAt,
  rightCounts,
  rowOfLayer,
  settledRow,
  siteLabel,
  summaryText,
} from "../../widgets/lens/data.ts";
import { cellAt, HEAD, layoutOf, ROW } from "../../widgets/lens/layout.ts";
import { measureAt, rangeOf, rangeText, strengthOf } from "../../widgets/lens/measures.ts";
import { checkLens } from "../../widgets/lens/refusals.ts";
import { lensPicture } from "../../widgets/lens/staticPicture.ts";
import { lensTables } from "../../widgets/lens/tables.ts";
import { readTable } from "../../widgets/render/table.ts";
import { LENS } from "../fixtures/explainRecords.ts";
import { runRecord } from "../fixtures/runRecords.ts";

const RECORD = runRecord(["a", " b", "c\n"]);
const textOf = (id: number): string => `t${id}`;
const RUN = { id: "run", record: RECORD, model: { tokenText: textOf } };
const CELLS = lensCells(
  LENS,
  RECORD.tokens.map(({ text }) => text),
  textOf,
);

describe("a lens as cells", () => {
  test("has the likeliest token of each, and texts of those alone", () => {
    assert.deepEqual([...CELLS.topIds], [7, 8, 9, 1, 8, 5, 1, 2, 5]);
    assert.deepEqual(Object.keys(CELLS.texts).sort(), ["1", "2", "5", "7", "8", "9"]);
    assert.deepEqual([...CELLS.probabilities], [0.5, 0.125, 0.5, 0.75, 0.5, 0.25, 0.875, 0.5, 1]);
    assert.deepEqual(CELLS.tokenTexts, ["a", " b", "c\n"]);
    assert.deepEqual(CELLS.targetTexts, ["t1", "t2", null]);
  });

  test("tells all tokens of one, fewer where fewer are possible", () => {
    assert.deepEqual(likeliestAt(LENS, 1, 2, textOf), {
      ...{ ids: [5, 9], texts: ["t5", "t9"], probabilities: [0.25, 0.125] },
    });
    assert.deepEqual(likeliestAt(LENS, 2, 2, textOf), {
      ...{ ids: [5], texts: ["t5"], probabilities: [1] },
    });
  });

  test("names sites by layer and place", () => {
    assert.deepEqual(LENS.sites.map(siteLabel), ["0 pre", "0 post", "1 post"]);
    assert.equal(siteLabel("blocks.12.hook_streams_mid"), "12 mid");
    assert.deepEqual(LENS.sites.map(layerOfSite), [0, 0, 1]);
    assert.deepEqual(
      [0, 1, 2, null].map((layer) => rowOfLayer(LENS.sites, layer)),
      [1, 2, null, null],
    );
  });

  test("says where the last row's token is likeliest for good, and where the target is", () => {
    assert.deepEqual(
      [0, 1, 2].map((column) => settledRow(CELLS, column)),
      [1, 2, 1],
    );
    assert.deepEqual(rightCounts(CELLS), [0, 1, 2]);
    assert.deepEqual(
      [0, 3, 5, 7].map((cell) => isRight(CELLS, cell)),
      [false, true, false, true],
    );
    assert.equal(
      summaryText(CELLS),
      "target likeliest at 2 of 2 positions in 1 post, at 0 in 0 pre; the token that is likeliest in the last row is so from 0 post on, or earlier, at half of the positions",
    );
  });

  test("is told in words, with visible spaces", () => {
    assert.equal(cellText(CELLS, 1, 1), "0 post at ·b (1): t8 50.0 %; target t2 25.0 %, rank 2");
    assert.equal(cellText(CELLS, 2, 2), "1 post at c⏎ (2): t5 100.0 %");
    assert.match(lensText(CELLS, "small"), /^Lens of small: .*\n0 pre at c⏎ \(2\): t9 50\.0 %\n/);
  });
});

describe("colours of a lens", () => {
  const strengths = (
    measure: Parameters<typeof strengthOf>[1],
    scale: Parameters<typeof strengthOf>[2],
  ) => {
    const range = rangeOf(CELLS, measure);
    return Array.from({ length: 9 }, (_, cell) =>
      strengthOf(measureAt(CELLS, measure, cell), measure, scale, range),
    );
  };

  test("of probabilities are they themselves, or decades below 1", () => {
    assert.deepEqual(strengths("probability", "linear"), [...CELLS.probabilities]);
    const range = rangeOf(CELLS, "probability");
    const decade = (p: number) => strengthOf(p, "probability", "log", range);
    assert.deepEqual([1, 0.01, 0.0001, 1e-9, 0].map(decade), [1, 0.5, 0, 0, 0]);
  });

  test("of the target are missing where there is none", () => {
    const [first = 0, , last = 0] = strengths("target", "linear");
    assert.ok(Math.abs(first - 0.25) < 1e-7, String(first));
    assert.ok(Number.isNaN(last));
  });

  test("of ranks are strongest at the first", () => {
    assert.deepEqual(strengths("rank", "linear").filter(Number.isFinite), [0, 0, 1, 0, 1, 1]);
    const range = { full: 1, most: 1000 };
    assert.deepEqual(
      [1, 100, 10_000, 20_000].map((rank) => strengthOf(rank, "rank", "log", range)),
      [1, 0.5, 0, 0],
    );
    assert.equal(strengthOf(1, "rank", "linear", { full: 1, most: 1 }), 1);
  });

  test("of entropies are by the largest, which the scale names", () => {
    assert.deepEqual(
      strengths("entropy", "linear"),
      [0.5, 1, 0.5, 0.25, 0.5, 0.75, 0.125, 0.25, 0],
    );
    assert.equal(
      rangeText("entropy", "linear", rangeOf(CELLS, "entropy")),
      "entropy of the distribution in bits: full colour is 4 bits, the most here, none is 0",
    );
    assert.match(rangeText("rank", "linear", rangeOf(CELLS, "rank")), /none is 2, the last here$/);
    assert.match(rangeText("rank", "log", rangeOf(CELLS, "rank")), /none from 10000 on$/);
  });
});

describe("columns that are shown", () => {
  test("are as many as fit, and move as little as needed", () => {
    assert.deepEqual(
      [600, 10, 5000].map((room) => columnsThatFit(room, 58, 40)),
      [10, 1, 40],
    );
    const at = { first: 10, count: 5 };
    assert.deepEqual(windowWith(at, 12, 40), at);
    assert.deepEqual(windowWith(at, 9, 40), { first: 9, count: 5 });
    assert.deepEqual(windowWith(at, 15, 40), { first: 11, count: 5 });
    assert.deepEqual(windowWith({ first: 39, count: 5 }, null, 40), { first: 35, count: 5 });
    assert.deepEqual(windowWith({ first: -4, count: 5 }, null, 40), { first: 0, count: 5 });
  });

  test("are found under the pointer", () => {
    const layout = layoutOf(["0 pre", "0 post"], 400, { first: 10, count: 4 });
    const { left, cellWidth } = layout;
    assert.deepEqual(cellAt(layout, left + 1, HEAD + 1), { row: 0, column: 10 });
    assert.deepEqual(cellAt(layout, left + 3.5 * cellWidth, HEAD + ROW + 1), {
      row: 1,
      column: 13,
    });
    assert.equal(cellAt(layout, left - 1, HEAD + 1), null);
    assert.equal(cellAt(layout, left + 1, HEAD + 2 * ROW + 1), null);
    assert.equal(cellAt(layout, left + 4 * cellWidth + 1, HEAD + 1), null);
  });

  test("are means where there are more than pixels, without those that are not there", () => {
    assert.deepEqual([...pooledMeans([1, 3, 5, 7, Number.NaN, 2], 3)], [2, 6, 2]);
    assert.deepEqual([...pooledMeans([1, 2], 8)], [1, 2]);
    assert.deepEqual([...pooledMeans([Number.NaN, Number.NaN], 1)], [Number.NaN]);
  });
});

test("tables of a lens have a row for each cell and for each token of it", async () => {
  const [cells, likeliest] = await Promise.all(lensTables(LENS, CELLS, textOf).map(readTable));
  const column = (table: typeof cells, name: string) =>
    table?.columns.find((one) => one.name === name)?.values;
  assert.deepEqual([...(column(cells, "target rank") ?? [])].slice(0, 3), [2, 2, null]);
  assert.deepEqual([...(column(cells, "target id") ?? [])].slice(0, 3), [1, 2, null]);
  assert.deepEqual([...(column(cells, "likeliest") ?? [])].at(-1), "t5");
  assert.equal(column(cells, "site")?.[5], "blocks.0.hook_resid_post");
  assert.equal(column(likeliest, "id")?.length, 17, "one place has no token");
  assert.deepEqual([...(column(likeliest, "rank") ?? [])].slice(-3), [1, 2, 1]);
  assert.deepEqual([...(column(likeliest, "position") ?? [])].slice(-3), [1, 1, 2]);
});

test("a lens of another run, of none, or of too many cells is refused by name", () => {
  const wrong: readonly (readonly [Partial<typeof LENS>, RegExp])[] = [
    [
      { positions: Int32Array.of(0, 1, 3) },
      /got one of 3 tokens and position 3\. Pass that run\.$/,
    ],
    [{ sites: ["blocks.2.hook_resid_pre"] }, /a model of 2 layers and blocks\.2\.hook_resid_pre/],
    [{ targets: Int32Array.of(1, 16, -1) }, /a vocabulary of 16 tokens and id 16/],
    [{ sites: [] }, /expected sites and positions, got 0 of the ones and 3 of the others/],
    [{ positions: new Int32Array(30_000) }, /at most 65536 cells, got 3 sites by 30000 positions/],
  ];
  for (const [change, message] of wrong)
    assert.throws(() => checkLens({ ...LENS, ...change }, RECORD), { name: "TypeError", message });
  assert.throws(
    () => lensGrid({ ids: [] } as never, RUN),
    /got an object with ids\. Write lensGrid/,
  );
  assert.throws(() => lensGrid(null as never, RUN), /got null\./);
});

test("the static picture escapes texts, and says which positions it leaves out", () => {
  const svg = lensPicture({ ...CELLS, tokenTexts: ["<a>", "b", "c"] }, "small & quick", false);
  assert.match(svg, /&lt;a&gt;/);
  assert.match(svg, /small &amp; quick/);
  assert.doesNotMatch(svg, /Not shown/);
  const many = Array.from({ length: 12 }, (_, i) => i);
  const long = lensCells(
    {
      ...LENS,
      sites: LENS.sites.slice(0, 1),
      positions: Int32Array.from(many),
      ...{ targets: new Int32Array(12).fill(-1), topK: 1, ids: Int32Array.from(many) },
      ...{ probabilities: new Float32Array(12).fill(0.5), ranks: new Int32Array(12).fill(-1) },
      logProbs: new Float32Array(12).fill(Number.NaN),
      entropyBits: new Float32Array(12),
    },
    many.map(String),
    textOf,
  );
  assert.match(lensPicture(long, "small", false), /Not shown: 4 earlier positions\./);
});

test("the page is told the tokens of a column, and of no other", async () => {
  const { answer } = lensGrid(LENS, RUN).nestable;
  const { content } = await answer({ id: 1, kind: "likeliest", column: 0 });
  assert.deepEqual(content, {
    rows: [0, 1, 2].map((row) => likeliestAt(LENS, row, 0, textOf)),
  });
  await assert.rejects(
    answer({ id: 2, kind: "likeliest", column: 3 }),
    /column from 0 to 2, got 3/,
  );
});
