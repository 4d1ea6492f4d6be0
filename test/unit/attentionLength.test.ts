import assert from "node:assert/strict";
import { test } from "node:test";
import { syntheticRun } from "../../bench/synthetic/attentionRun.ts";
import { arrangeHeads } from "../../widgets/attention/arrangeHeads.ts";
import { strongestOfBins } from "../../widgets/attention/bands.ts";
import {
  METRICS,
  metricStep,
  thumbnailPool,
  thumbnailStep,
  UNKNOWN,
} from "../../widgets/attention/data.ts";
import { headLayout, neighbourOf } from "../../widgets/attention/headLayout.ts";
import { HELD_BYTES, headStore } from "../../widgets/attention/headStore.ts";
import { keptWeights } from "../../widgets/attention/keptWeights.ts";
import {
  levelOf,
  samplePool,
  tilesOf,
  tileTokens,
  windowOf,
} from "../../widgets/attention/levels.ts";
import { viewportAround, viewportMoved, viewportZoomed } from "../../widgets/attention/looking.ts";
import { mapAnswer } from "../../widgets/attention/mapAnswer.ts";
import { mapCells, mapSums } from "../../widgets/attention/mapCells.ts";

const LONG = 32_768;

/** Bytes that a view's questions bring, with a row, a column and a sample. */
function bytesOfView(queryStart: number, keyStart: number, span: number, nMeaned: number): number {
  const viewport = { queryStart, keyStart, span };
  const level = levelOf(viewport, LONG, nMeaned, 0);
  const tiles = tilesOf(windowOf(viewport, level, LONG), level);
  const cells = tiles.reduce((sum, place) => {
    const { queryCount, keyCount, pool } = tileTokens(place, level, LONG);
    return sum + Math.ceil(queryCount / pool) * Math.ceil(keyCount / pool);
  }, 0);
  const pool = samplePool(viewport, LONG, nMeaned);
  return 4 * (cells + (pool === null ? 0 : Math.ceil(LONG / pool) ** 2) + 2 * LONG);
}

test("no view of a map of 32,768 tokens brings more than 1 MB to the page", () => {
  let most = 0;
  for (let span = 8; span <= LONG; span = Math.max(span + 1, Math.floor(span * 1.3)))
    for (const nMeaned of [1, 14, 336])
      for (const share of [0, 0.37, 1]) {
        const start = Math.floor(share * (LONG - span));
        for (const keyStart of [start, 0, Math.floor(start / 3)])
          most = Math.max(most, bytesOfView(start, keyStart, span, nMeaned));
      }
  most = Math.max(most, bytesOfView(0, 0, LONG, 1));
  assert.ok(most <= 2 ** 20, `${most} bytes`);
  assert.ok(most > 2 ** 19, "the room is used");
});

test("no tile looks at more than 2.4 million pairs of tokens, of all heads that it is the mean of", () => {
  for (const span of [64, 1000, 5000, 20_000, LONG])
    for (const nMeaned of [1, 14, 336]) {
      const viewport = viewportAround({ query: LONG - 1, key: 9 }, span, LONG);
      const level = levelOf(viewport, LONG, nMeaned, 0);
      for (const place of tilesOf(windowOf(viewport, level, LONG), level)) {
        const { queryCount, keyCount } = tileTokens(place, level, LONG);
        // a tile has one cell at least
        const least = nMeaned * level.pool ** 2;
        assert.ok(
          queryCount * keyCount * nMeaned <= Math.max(1536 ** 2, least),
          `${span} ${nMeaned}`,
        );
      }
    }
});

test("a short map is exact, and a whole one at one glance has as many cells as fit", () => {
  assert.equal(levelOf({ queryStart: 0, keyStart: 0, span: 512 }, 512, 1, 0).pool, 1);
  const { pool } = levelOf({ queryStart: 0, keyStart: 0, span: LONG }, LONG, 1, 0);
  assert.equal(Math.ceil(LONG / pool), 475);
});

test("tiles of the future are not asked for, and every cell that a query may see is in one", () => {
  const viewport = { queryStart: 0, keyStart: 0, span: 1000 };
  const level = levelOf(viewport, 1000, 1, 2);
  assert.ok(level.pool > 1 && level.keyOrigin === 2);
  const window = windowOf(viewport, level, 1000);
  const asked = new Set(tilesOf(window, level).map(({ row, column }) => `${row} ${column}`));
  for (let query = 0; query < 1000; query += 7)
    for (let key = 2; key <= query; key += 5) {
      const cellsOfTile = level.tileCells * level.pool;
      assert.ok(
        asked.has(`${Math.floor(query / cellsOfTile)} ${Math.floor((key - 2) / cellsOfTile)}`),
      );
    }
  const all = Math.ceil(1000 / level.pool / level.tileCells) ** 2;
  assert.ok(asked.size < all, `${asked.size} of ${all}`);
});

test("a view is put together from tiles, cell by cell what the run says, and says what is missing", async () => {
  const run = syntheticRun({ nTokens: 700, nLayers: 2, nHeads: 3 });
  const viewport = { queryStart: 300, keyStart: 130, span: 400 };
  for (const nHidden of [0, 1]) {
    const level = levelOf(viewport, 700, 1, nHidden);
    const window = windowOf(viewport, level, 700);
    const tiles = new Map<string, Float32Array>();
    for (const place of tilesOf(window, level)) {
      const request = {
        layer: 1,
        head: 2,
        poolKind: "mean",
        ...tileTokens(place, level, 700),
      } as const;
      tiles.set(`${place.row} ${place.column}`, (await run.attentionTile(request)).weights);
    }
    const cells = mapCells(
      window,
      level,
      700,
      ({ row, column }) => tiles.get(`${row} ${column}`) ?? null,
    );
    assert.equal(cells.nMissing, 0);
    assert.equal(cells.nTiles, tiles.size);
    const whole = await run.attentionTile({
      ...{ layer: 1, head: 2, pool: level.pool, poolKind: "mean" },
      ...{ queryStart: cells.queryStart, keyStart: cells.keyStart },
    });
    for (let r = 0; r < cells.rows; r++)
      for (let c = 0; c < cells.columns; c++) {
        const [got, wanted] = [
          cells.weights[r * cells.columns + c],
          whole.weights[r * whole.columns + c],
        ];
        assert.ok(
          got === wanted || (got === UNKNOWN && wanted === 0),
          `${r} ${c}: ${got} ${wanted}`,
        );
      }
    const [first = ""] = tiles.keys();
    const without = mapCells(window, level, 700, ({ row, column }) =>
      `${row} ${column}` === first ? null : (tiles.get(`${row} ${column}`) ?? null),
    );
    assert.equal(without.nMissing, 1);
  }
});

test("rows and columns are summed over what is shown, and not before all of it is there", async () => {
  const run = syntheticRun({ nTokens: 600, nLayers: 1, nHeads: 1 });
  const viewport = { queryStart: 0, keyStart: 0, span: 600 };
  const level = levelOf(viewport, 600, 1, 0);
  assert.equal(level.pool, 2);
  const window = windowOf(viewport, level, 600);
  const parts = new Map<string, Float32Array>();
  for (const place of tilesOf(window, level)) {
    const part = { layer: 0, head: 0, ...tileTokens(place, level, 600), poolKind: "mean" } as const;
    parts.set(`${place.row} ${place.column}`, (await run.attentionTile(part)).weights);
  }
  const tileOf = ({ row, column }: { row: number; column: number }) =>
    parts.get(`${row} ${column}`) ?? null;
  const cells = mapCells(window, level, 600, tileOf);
  const { rows, columns } = mapSums(cells, 600);
  const total = (sums: Float64Array) => sums.reduce((a, b) => a + b, 0) * 2;
  assert.ok(Math.abs(total(rows) - total(columns)) < 1e-3, "the same weight, counted twice");
  // every query gives all of its weight; a block's mean is that of its last query here
  assert.ok(Math.abs((rows[200] ?? 0) - 1) < 1e-2, `${rows[200]}`);
  const missing = mapSums(
    mapCells(window, level, 600, (at) => (at.row === 1 ? null : tileOf(at))),
    600,
  );
  assert.ok(Number.isNaN(missing.rows[level.tileCells] ?? 0));
  assert.ok(Number.isNaN(missing.columns[0] ?? 0));
  assert.equal(missing.rows[0], rows[0]);
});

test("what the page holds does not grow with what was looked at, and what is no longer seen is not asked", async () => {
  const asked: string[] = [];
  const store = headStore({
    ask: async (kind, question) => {
      asked.push(JSON.stringify(question));
      assert.equal(kind, "tile");
      return { content: {}, buffers: [new ArrayBuffer(4 * LONG)] };
    },
    ...{ nTokens: LONG, nHeads: 8, thumbnailPool: 820, thumbnails: new Float32Array(0) },
    nMeaned: () => 1,
    onArrival: () => {},
  });
  const quiet = () => new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 100; i++) {
    const map = { place: { layer: i % 4, head: i % 8 }, over: "head" } as const;
    store.begin();
    for (let key = 0; key < 12; key++) store.column(map, i * 100 + key);
    store.begin(); // the view moved on before any of these was asked
    for (let key = 0; key < 3; key++) store.row(map, i * 100 + key);
    store.end();
    while (asked.length < 3 * (i + 1)) await quiet();
    assert.ok(store.heldBytes <= HELD_BYTES, `${store.heldBytes} bytes`);
  }
  assert.equal(asked.length, 300, "columns were never asked for");
  assert.ok(store.heldBytes > HELD_BYTES / 2 && store.receivedBytes > 1.5 * HELD_BYTES);
});

test("a refused question is not asked again at once, and says why", async () => {
  let n = 0;
  const store = headStore({
    ask: () => {
      n += 1;
      return Promise.reject(new Error("too busy"));
    },
    ...{ nTokens: 8, nHeads: 1, thumbnailPool: 1, thumbnails: new Float32Array(0) },
    nMeaned: () => 1,
    onArrival: () => {},
  });
  const map = { place: { layer: 0, head: 0 }, over: "head" } as const;
  for (let i = 0; i < 5; i++) {
    store.begin();
    assert.equal(store.row(map, 3), null);
    store.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(n, 1);
  assert.equal(store.error, "too busy");
});

test("a mean over heads, over layers and over all is the mean of their maps", async () => {
  const run = syntheticRun({ nTokens: 9, nLayers: 2, nHeads: 3 });
  const part = { queryStart: 0, queryCount: 9, keyStart: 0, keyCount: 9, pool: 1 };
  const answer = async (over: string, layer = 1, head = 2) => {
    const { buffers } = await mapAnswer(
      // one head at a time, as a run would add them up
      {
        ...run,
        attentionTile: async ({ headCount = 1, ...request }) => meanTile(request, headCount),
      },
      { id: 0, kind: "tile", layer, head, over, ...part },
    );
    return buffers?.[0] as Float32Array;
  };
  const meanTile = async (request: Parameters<typeof run.attentionTile>[0], headCount: number) => {
    const tiles: Awaited<ReturnType<typeof run.attentionTile>>[] = [];
    for (let h = 0; h < headCount; h++)
      tiles.push(await run.attentionTile({ ...request, head: request.head + h }));
    const [first] = tiles;
    assert.ok(first);
    const weights = first.weights.map(
      (_, i) => tiles.reduce((sum, tile) => sum + (tile.weights[i] ?? 0), 0) / headCount,
    );
    return { ...first, weights };
  };
  const single = new Map<string, Float32Array>();
  for (const layer of [0, 1])
    for (const head of [0, 1, 2]) single.set(`${layer} ${head}`, await answer("head", layer, head));
  const meanOf = (...keys: string[]) =>
    Array.from(
      { length: 81 },
      (_, i) => keys.reduce((sum, key) => sum + (single.get(key)?.[i] ?? 9), 0) / keys.length,
    );
  const near = (got: Float32Array, wanted: number[]) =>
    wanted.forEach((w, i) => {
      assert.ok(Math.abs((got[i] ?? 9) - w) < 1e-6, `${i}: ${got[i]} ${w}`);
    });
  near(await answer("heads"), meanOf("1 0", "1 1", "1 2"));
  near(await answer("layers"), meanOf("0 2", "1 2"));
  near(await answer("all"), meanOf(...single.keys()));
  await assert.rejects(answer("most"), /expected a mean over head, heads, layers or all, got most/);
});

test("7808 heads are laid out in one pass, each in its own place, sorted, filtered and in groups", () => {
  const headsByLayer = Array.from({ length: 61 }, () => 128);
  const metrics = new Float32Array(61 * 128 * METRICS.length);
  for (let i = 0; i < 61 * 128; i++) metrics[i * METRICS.length] = (i % 100) / 100;
  const by = { sort: "layer", metric: "previous", atLeast: 0, group: "none" } as const;
  const options = { nLayers: 61, nHeads: 128, width: 1250, areMaps: false };
  const groups = arrangeHeads(headsByLayer, metrics, by);
  const { boxes, height } = headLayout(groups, { ...options, isByLayer: true });
  assert.equal(boxes.length, 7808);
  assert.equal(new Set(boxes.map(({ x, y }) => `${x} ${y}`)).size, 7808);
  assert.ok(height < 900, `${height} pixels high`);
  const strong = arrangeHeads(headsByLayer, metrics, { ...by, sort: "previous", atLeast: 0.9 });
  const values = strong[0]?.heads.map(({ value }) => value) ?? [];
  assert.equal(values.length, 780);
  assert.deepEqual(
    values,
    values.toSorted((a, b) => b - a),
  );
  const kinds = arrangeHeads(headsByLayer, metrics, { ...by, group: "kind" });
  assert.deepEqual(
    kinds.map(({ label }) => label),
    ["previous token", "none of these"],
  );
  assert.equal(
    kinds.reduce((sum, { heads }) => sum + heads.length, 0),
    7808,
  );
  const layout = headLayout(kinds, { ...options, isByLayer: false });
  assert.equal(layout.boxes.length, 7808);
  assert.match(layout.labels[0]?.text ?? "", /^previous token: \d+ heads$/);
});

test("heads are sorted by a metric, strongest first, those without it last, and each layer has its own number", () => {
  const metrics = new Float32Array(2 * 3 * METRICS.length).fill(Number.NaN);
  [0.25, 0, 0, 0.5, Number.NaN, 0.125].forEach((value, i) => {
    metrics[i * METRICS.length] = value;
  });
  const listed = (sort: "previous" | "layer") =>
    arrangeHeads([1, 3], metrics, {
      sort,
      metric: "previous",
      atLeast: 0,
      group: "none",
    })[0]?.heads.map(({ layer, head }) => `${layer}.${head}`);
  assert.deepEqual(listed("layer"), ["0.0", "1.0", "1.1", "1.2"]);
  assert.deepEqual(listed("previous"), ["1.0", "0.0", "1.2", "1.1"]);
});

test("arrows go to the head beside, and to the last of a shorter layer", () => {
  const heads = [1, 3].flatMap((count, layer) =>
    Array.from({ length: count }, (_, head) => ({ layer, head, value: Number.NaN })),
  );
  const options = { nLayers: 2, nHeads: 3, width: 400, isByLayer: true, areMaps: true };
  const layout = headLayout([{ label: "", heads }], options);
  const from = (layer: number, head: number, dx: number, dy: number) =>
    Object.values(neighbourOf(layout, { layer, head }, dx, dy));
  assert.deepEqual(from(1, 2, 0, -1), [0, 0]);
  assert.deepEqual(from(1, 1, 1, 0), [1, 2]);
  assert.deepEqual(from(1, 2, 1, 0), [1, 2]);
  assert.deepEqual(from(0, 0, 0, 1), [1, 0]);
});

test("a moved view stays inside, and a zoomed one keeps what is under the pointer", () => {
  const viewport = { queryStart: 100, keyStart: 50, span: 200 };
  assert.deepEqual(viewportMoved(viewport, -500, 10_000, 1000), {
    ...{ queryStart: 0, keyStart: 800, span: 200 },
  });
  const at = { query: 150, key: 100 };
  const near = viewportZoomed(viewport, at, 0.5, 1000);
  assert.deepEqual(near, { queryStart: 125, keyStart: 75, span: 100 });
  assert.deepEqual(viewportZoomed(near, at, 2, 1000), viewport);
  assert.deepEqual(viewportZoomed(viewport, at, 1000, 1000), {
    queryStart: 0,
    keyStart: 0,
    span: 1000,
  });
});

test("bands show the strongest of each stretch, and where it is", () => {
  const weights = Float32Array.of(0.9, 0, 0.25, 0.5, 0.125, 0.0625);
  const { values, positions } = strongestOfBins(weights, 8, 4, 1);
  assert.deepEqual(Array.from(values), [0, 0.5, 0.125, 0]);
  assert.deepEqual(Array.from(positions), [1, 3, 4, -1]);
});

test("samples are taken of long texts alone", () => {
  assert.equal(thumbnailStep(1000, thumbnailPool(1000, 24)), 1);
  assert.ok(thumbnailStep(LONG, thumbnailPool(LONG, 24)) > 100);
  assert.equal(metricStep(500, 24), 1);
  const step = metricStep(LONG, 336);
  assert.ok(step > 1 && LONG / step >= 32, `${step}`);
});

test("a page without a kernel is given some thousands of answers at most, of however many heads and tokens", () => {
  const headsByLayer = Array.from({ length: 61 }, () => 128);
  const kinds = (nTokens: number) => {
    const questions = keptWeights({ nTokens, headsByLayer, fits: false, nRuns: 1 });
    const tiles = questions.filter(({ kind }) => kind === "tile");
    return { nOthers: questions.length - tiles.length, nTiles: tiles.length };
  };
  // The tiles of 16 heads, 36 under the diagonal each, and rows.
  assert.deepEqual(kinds(4096), { nOthers: 122, nTiles: 16 * 36 + 2048 });
  assert.deepEqual(kinds(32_768), { nOthers: 122, nTiles: 0 });
});
