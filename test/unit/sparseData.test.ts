import assert from "node:assert/strict";
import { test } from "node:test";
import type { DroppedMassRecord, LengthCostRecord } from "../../engine/trace/schema.ts";
import { readTable, type Table } from "../../widgets/render/table.ts";
import {
  keptCells,
  layerText,
  lengthText,
  massRows,
  meanDropped,
  rankOf,
  refusalOf,
  signedWeights,
  sparseLayers,
  sparseText,
} from "../../widgets/sparse/data.ts";
import { lengthDrawing, lengthName } from "../../widgets/sparse/lengthDrawing.ts";
import { viewportWith, wholeViewport, windowOf, zoomed } from "../../widgets/sparse/looking.ts";
import { strength } from "../../widgets/sparse/paintCells.ts";
import { cellsOf, MOST_CELLS, poolStrip } from "../../widgets/sparse/pool.ts";
import { sparsePicture } from "../../widgets/sparse/staticPicture.ts";
import { sparseTables } from "../../widgets/sparse/tables.ts";
import { runRecord } from "../fixtures/runRecords.ts";

const NO = Number.NaN;
/** Four queries that keep two keys: the last two leave one and two out. */
const INDICES = [0, -1, 0, 1, 0, 2, 1, 3];
const KEPT = keptCells(INDICES, 2, 0, 4, 4);
const MASS: DroppedMassRecord = {
  ...{ layer: 1, nTokens: 4, nHeads: 2, topK: 2 },
  kept: Int32Array.of(1, 2, 2, 2),
  mass: Float32Array.of(0, 0, 0.25, 0.5, 0, 0, 0.75, 1),
};
const length = (context: number, flops: number) => ({
  ...{ context, flops, attentionFlops: flops / 2, weightBytes: 8, kvReadBytes: 4 * flops },
});
const LENGTHS: LengthCostRecord = {
  label: "computed",
  lengths: [length(1024, 100), length(2048, 120)],
  denseLengths: [length(1024, 110), length(2048, 300)],
};
const LAYERS = [{ layer: 1, topK: 2, nHeads: 2 }];

test("keys are kept, dropped, or not seen", () => {
  assert.deepEqual([...KEPT], [1, NO, NO, NO, 1, 1, NO, NO, 1, 0, 1, NO, 0, 1, 0, 1]);
  assert.deepEqual([...keptCells([1, 3], 2, 3, 1, 4)], [0, 1, 0, 1], "a strip that begins later");
  const weights = Float32Array.of(0.5, 0.25, 0.25, 0.125);
  assert.deepEqual([...signedWeights(weights, KEPT.slice(8, 12))], [0.5, -0.25, 0.25, NO]);
});

test("blocks are shares of what was seen, highest scores, and weights farthest from 0", () => {
  const whole = { rowStart: 0, rowCount: 4, columnStart: 0, columnCount: 4 };
  const window = { ...whole, rowPool: 2, columnPool: 2 };
  assert.deepEqual([...poolStrip(KEPT, 4, window, "kept")], [1, NO, 0.5, Math.fround(2 / 3)]);
  const strip = Float32Array.of(-3, NO, NO, NO, -1, -2, NO, NO, 1, -4, 2, NO, 0, 1, 5, -6);
  assert.deepEqual([...poolStrip(strip, 4, window, "scores")], [-1, NO, 1, 5]);
  assert.deepEqual([...poolStrip(strip, 4, window, "weights")], [-3, NO, -4, -6]);
  const part = {
    rowStart: 2,
    rowCount: 2,
    columnStart: 1,
    columnCount: 3,
    rowPool: 1,
    columnPool: 2,
  };
  assert.deepEqual([...poolStrip(strip.slice(8), 4, part, "scores")], [2, NO, 5, -6]);
});

test("dropped mass has a row for the head and the mean of all, and no mean where nothing is dropped", () => {
  const { head, mean, kept } = massRows(MASS, 1);
  assert.deepEqual(
    [[...head], [...mean], [...kept]],
    [
      [0, 0, 0.75, 1],
      [0, 0, 0.5, 0.75],
      [1, 2, 2, 2],
    ],
  );
  assert.equal(meanDropped(MASS), 0.625);
  const short = { ...MASS, nTokens: 2, kept: Int32Array.of(1, 2), mass: new Float32Array(4) };
  assert.equal(meanDropped(short), null);
  assert.match(layerText(LAYERS[0] ?? assert.fail(), short), /nothing is dropped/);
});

test("a key's rank counts higher scores, and of equals the lower position comes first", () => {
  const scores = Float32Array.of(1, 3, 3, 2);
  assert.deepEqual(
    [0, 1, 2, 3].map((key) => rankOf(scores, key)),
    [4, 1, 2, 3],
  );
});

test("layers with an indexer are found, and a model without one is refused in a sentence", () => {
  const layers = sparseLayers([
    { kind: "gqa", nHeads: 2 },
    { kind: "mla", nHeads: 4, indexer: { topK: 8 } },
    { kind: "mla", nHeads: 4, indexer: null },
  ]);
  assert.deepEqual(layers, [{ layer: 1, topK: 8, nHeads: 4 }]);
  const record = runRecord(["a", "b"]);
  assert.equal(refusalOf(record, layers), "");
  assert.match(refusalOf(record, []), /small \(deepseek_v3\) has no sparse attention/);
});

test("cost against length says how many times as much dense attention takes", () => {
  assert.match(lengthText(LENGTHS), /2048 positions: 120 FLOP, dense attention 2\.5 times as many/);
  assert.equal(lengthText({ ...LENGTHS, denseLengths: null }), "");
  const { lines, x, y } = lengthDrawing(LENGTHS, "kvReadBytes");
  assert.deepEqual(
    lines.map(({ label, points }) => [label, points]),
    [
      [
        "dense",
        [
          [1024, 440],
          [2048, 1200],
        ],
      ],
      [
        "sparse",
        [
          [1024, 400],
          [2048, 480],
        ],
      ],
    ],
  );
  assert.deepEqual(x.marks?.map(lengthName), ["1k", "2k"]);
  assert.equal(lengthName(640), "640");
  assert.deepEqual(y.marks, [500, 1000]);
});

test("a long map comes in at most 1 MB, zooms to single keys and follows the cell", () => {
  const whole = wholeViewport(32_768);
  const { rows, columns } = cellsOf(windowOf(whole));
  assert.ok(rows * columns <= MOST_CELLS && rows > 200 && columns > 700, `${rows} x ${columns}`);
  const near = zoomed(whole, 1 / 256, { query: 32_767, key: 5 }, 32_768);
  assert.deepEqual(near, { rowStart: 32_640, rowCount: 128, columnStart: 0, columnCount: 128 });
  assert.deepEqual([windowOf(near).rowPool, windowOf(near).columnPool], [1, 1]);
  assert.equal(viewportWith(near, 32_767, 200).columnStart, 73);
  assert.equal(zoomed(near, 1 / 64, { query: 0, key: 0 }, 32_768).rowCount, 8);
});

test("colours grow linearly or over four decades, shares as they are", () => {
  assert.equal(strength(-2, 4, "weights", "linear"), -0.5);
  assert.ok(Math.abs(strength(0.04, 4, "weights", "log") - 0.5) < 1e-12);
  assert.equal(strength(1e-9, 4, "scores", "log"), 0);
  assert.equal(strength(0.3, 1, "kept", "log"), 0.3);
});

test("the picture for pages without a kernel has the same numbers, and says what it has none of", () => {
  const record = runRecord(["a", "<b", "c", "d"]);
  const state = { record, layers: LAYERS, lengths: LENGTHS, refusal: "" };
  const svg = sparsePicture({ ...state, mass: MASS, kept: KEPT });
  assert.match(svg, /62\.5 % of the attention dropped/);
  assert.match(svg, /&lt;b/);
  assert.match(svg, /dense attention 2\.5 times as many/);
  const text = sparseText(record, { layers: LAYERS, lengths: LENGTHS }, MASS);
  assert.match(text, /at most 2 keys a query; 62\.5 %/);
  const none = { record, layers: [], lengths: null, mass: null, kept: new Float32Array(0) };
  const refused = sparsePicture({ ...none, refusal: refusalOf(record, []) });
  assert.match(refused, /has no sparse attention/);
});

test("the tables have every kept key, head and query, and both forms at every length", async () => {
  const record = runRecord(["a", "b", "c", "d"]);
  const sources = sparseTables({
    ...{ record, layers: LAYERS, lengths: LENGTHS, massOf: async () => MASS },
    keptKeysOf: async (layer) => ({ layer, queries: [0, 1], keys: [0, 1], scores: [0.5, 2] }),
  });
  const [kept, mass, lengths, tokens] = await Promise.all(sources.map(readTable));
  const column = (table: Table | undefined, name: string) => [
    ...(table?.columns.find((each) => each.name === name)?.values ?? []),
  ];
  assert.deepEqual(column(kept, "index score"), [0.5, 2]);
  assert.deepEqual(column(mass, "dropped mass"), [...MASS.mass]);
  assert.deepEqual(column(mass, "head"), [0, 0, 0, 0, 1, 1, 1, 1]);
  assert.deepEqual(column(lengths, "attention"), ["sparse", "sparse", "dense", "dense"]);
  assert.deepEqual(column(lengths, "flops"), [100, 120, 110, 300]);
  assert.deepEqual(column(tokens, "text"), ["a", "b", "c", "d"]);
});
