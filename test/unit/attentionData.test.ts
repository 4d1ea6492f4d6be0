import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cells,
  HIDDEN,
  LOG_FLOOR,
  largestWeight,
  MASKED,
  shade,
  shadeTile,
  strongest,
  thumbnailPool,
  UNKNOWN,
} from "../../widgets/attention/data.ts";
import { viewportAround, viewportWith } from "../../widgets/attention/looking.ts";
import { attentionPicture } from "../../widgets/attention/staticPicture.ts";
import { runRecord } from "../fixtures/runRecords.ts";

function tileOf(rows: number[][], changes: Partial<Cells> = {}): Cells {
  return {
    queryStart: 0,
    keyStart: 0,
    rows: rows.length,
    columns: rows[0]?.length ?? 0,
    pool: 1,
    weights: Float32Array.from(rows.flat()),
    ...changes,
  };
}

const MAP = tileOf([
  [1, 0, 0],
  [0.25, 0.75, 0],
  [0.5, 0.125, 0.375],
]);

test("the future of each query is masked and the rest is scaled to the largest weight", () => {
  assert.deepEqual(Array.from(shadeTile(MAP, { scale: "linear", nHidden: 0, max: 1 })), [
    1,
    MASKED,
    MASKED,
    0.25,
    0.75,
    MASKED,
    0.5,
    0.125,
    0.375,
  ]);
});

test("hiding the first token leaves its column out and scales by what is left", () => {
  const max = largestWeight(MAP, 1);
  assert.equal(max, 0.75);
  const shades = shadeTile(MAP, { scale: "linear", nHidden: 1, max });
  assert.deepEqual([shades[0], shades[3], shades[6]], [HIDDEN, HIDDEN, HIDDEN]);
  assert.equal(shades[4], 1);
  assert.equal(shades[8], 0.5);
});

test("a tile that starts past the first key hides nothing and masks by absolute position", () => {
  const tile = tileOf([[0.25, 0.75]], { queryStart: 5, keyStart: 5 });
  const shades = shadeTile(tile, { scale: "linear", nHidden: 1, max: 1 });
  assert.deepEqual(Array.from(shades), [0.25, MASKED]);
});

test("a pooled cell is visible as soon as one of its pairs is", () => {
  const tile = tileOf(
    [
      [0.5, 0],
      [0.25, 0.75],
    ],
    { pool: 4 },
  );
  const shades = shadeTile(tile, { scale: "linear", nHidden: 0, max: 1 });
  assert.deepEqual(Array.from(shades), [0.5, MASKED, 0.25, 0.75]);
});

test("the rank scale orders the keys of each query, ties to the earlier key", () => {
  const shades = shadeTile(MAP, { scale: "rank", nHidden: 0, max: 1 });
  assert.deepEqual(
    Array.from(shades.subarray(6)).map((s) => Number(s.toFixed(3))),
    [1, 0.333, 0.667],
  );
  const ties = shadeTile(tileOf([[0.5, 0.5]], { queryStart: 1 }), {
    scale: "rank",
    nHidden: 0,
    max: 1,
  });
  assert.deepEqual(Array.from(ties), [1, 0.5]);
});

test("what is on its way has no strength and no rank", () => {
  const tile = tileOf([[0.5, UNKNOWN, 0.25]], { queryStart: 2 });
  for (const scale of ["linear", "log"] as const)
    assert.equal(shadeTile(tile, { scale, nHidden: 0, max: 1 })[1], UNKNOWN);
  const ranks = shadeTile(tile, { scale: "rank", nHidden: 0, max: 1 });
  assert.deepEqual(Array.from(ranks), [1, UNKNOWN, 0.5]);
  assert.equal(largestWeight(tile, 1), 0.25);
});

test("hidden tokens are left out of the scale, however many they are", () => {
  assert.equal(largestWeight(MAP, 2), 0.375);
  const shades = shadeTile(MAP, { scale: "linear", nHidden: 2, max: 0.375 });
  assert.deepEqual(Array.from(shades.subarray(6)), [HIDDEN, HIDDEN, 1]);
  const pooled = tileOf([[0.5, 0.25]], { pool: 4, keyStart: 2, queryStart: 8 });
  assert.deepEqual(
    Array.from(shadeTile(pooled, { scale: "linear", nHidden: 2, max: 0.5 })),
    [1, 0.5],
    "blocks that begin behind them are whole",
  );
});

test("the log scale is 0 up to its floor and 1 at the largest weight", () => {
  assert.equal(shade(LOG_FLOOR / 2, "log", 1), 0);
  assert.equal(shade(LOG_FLOOR, "log", 1), 0);
  assert.equal(shade(1, "log", 1), 1);
  assert.ok(Math.abs(shade(0.01, "log", 1) - 0.5) < 1e-12);
});

test("a weight that is not a number stays visible as one", () => {
  assert.ok(Number.isNaN(shade(Number.NaN, "linear", 1)));
  assert.ok(Number.isNaN(shade(Number.NaN, "log", 1)));
});

test("the strongest keys come with the mass of all others", () => {
  const { top, nOthers, othersMass } = strongest(Float32Array.of(0.125, 0.5, 0, 0.25, 0.125), 2);
  assert.deepEqual(
    top.map(({ position }) => position),
    [1, 3],
  );
  assert.equal(nOthers, 2);
  assert.equal(othersMass, 0.25);
});

test("the static picture has the heads that layers have, where some have fewer", () => {
  const record = runRecord(["a", "b"], { nHeads: 3, headsByLayer: [1, 3] });
  const svg = attentionPicture(record, new Float32Array(2 * 3 * 4), 2);
  assert.match(svg, /2 layers × 1 to 3 heads/);
  assert.match(svg, /Attention maps of 4 heads/);
  assert.deepEqual(
    [...svg.matchAll(/L(\d) H(\d)/g)].map(([place]) => place),
    ["L0 H0", "L1 H0", "L1 H1", "L1 H2"],
  );
  assert.ok(!/more heads not shown/.test(svg));
});

test("thumbnails keep every token of a short prompt and pool a long one", () => {
  assert.equal(thumbnailPool(1, 24), 1);
  assert.equal(thumbnailPool(40, 24), 1);
  assert.equal(thumbnailPool(41, 24), 2);
  assert.equal(Math.ceil(32768 / thumbnailPool(32768, 24)), 40);
});

test("thumbnails of a model with thousands of heads are small", () => {
  assert.equal(Math.ceil(32768 / thumbnailPool(32768, 61 * 128)), 16);
});

test("a viewport stays inside the map and follows the cell", () => {
  const near = viewportAround({ query: 2, key: 99 }, 20, 100);
  assert.deepEqual(near, { queryStart: 0, keyStart: 80, span: 20 });
  assert.deepEqual(viewportWith({ query: 30, key: 79 }, near), {
    queryStart: 11,
    keyStart: 79,
    span: 20,
  });
});

test("the static picture of many heads and a long prompt stays below 150 kB and escapes its text", () => {
  const n = 40;
  const nHeads = 16;
  const record = runRecord(
    Array.from({ length: 2000 }, () => "<&\u0000>"),
    { nLayers: 32, nHeads, name: 'a"b<c>' },
  );
  const noise = Float32Array.from(
    { length: 32 * nHeads * n * n },
    (_, i) => ((i * 37) % 101) / 100,
  );
  const svg = attentionPicture(record, noise, n);
  assert.ok(svg.length < 150_000, `${svg.length} characters`);
  assert.match(svg, /a&quot;b&lt;c&gt;/);
  assert.match(svg, /aria-label="Attention maps of 48 heads of a&quot;b&lt;c&gt;"/);
  assert.match(svg, /464 more heads not shown/);
  assert.match(svg, /maxima over blocks/);
});
