import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CachePart,
  cacheLayers,
  growthText,
  latentText,
  matrixName,
  matrixStatistics,
  poolMatrix,
  rowLength,
  shadeCells,
} from "../../widgets/latent/data.ts";
import {
  partAt,
  placeIn,
  viewportWith,
  wholeViewport,
  windowOf,
  zoomed,
} from "../../widgets/latent/looking.ts";
import { latentPicture } from "../../widgets/latent/staticPicture.ts";
import { COSTS, runRecord } from "../fixtures/runRecords.ts";

const site = (name: string, shape: (number | string)[], availability: string) => ({
  ...{ name, shape, availability },
});
const SITES = [
  site("blocks.0.attn.hook_kv_latent", ["T", 6], "kept"),
  site("blocks.0.attn.hook_k", ["T", 2, 5], "captured"),
  site("blocks.0.attn.hook_rot_k", ["T", 2, 5], "recomputed"),
  site("blocks.0.attn.hook_v", ["T", 2, 4], "recomputed"),
  site("blocks.0.attn.hook_index_rot_k", ["T", 7], "kept"),
  site("blocks.1.attn.hook_k", ["T", 3, 4], "kept"),
  site("blocks.1.attn.hook_v", ["T", 3, 4], "kept"),
];
const LAYERS = cacheLayers(SITES, [{ kind: "mla", dNope: 3 }, { kind: "gqa" }]);
const whole = { rowStart: 0, rowCount: 3, columnStart: 0, columnCount: 3 };

test("layers have the parts that their sites have, keys after rotation where there is one", () => {
  const [mla, gqa] = LAYERS;
  assert.deepEqual(
    mla?.parts.map(({ part, nHeads, nColumns, provenance }) => [
      part,
      nHeads,
      nColumns,
      provenance,
    ]),
    [
      ["latent", 0, 6, "measured"],
      ["keys", 2, 5, "recomputed"],
      ["values", 2, 4, "recomputed"],
      ["index key", 0, 7, "measured"],
    ],
  );
  assert.equal(mla?.parts[1]?.site, "blocks.0.attn.hook_rot_k");
  assert.deepEqual(
    mla?.parts.map(({ rotaryFrom }) => rotaryFrom),
    [null, 3, null, null],
  );
  assert.deepEqual(
    gqa?.parts.map(({ part, site: name, rotaryFrom }) => [part, name, rotaryFrom]),
    [
      ["keys", "blocks.1.attn.hook_k", null],
      ["values", "blocks.1.attn.hook_v", null],
    ],
  );
  assert.equal(matrixName(mla?.parts[1] as CachePart, 1), "keys of head 1, from the latent");
  assert.equal(matrixName(gqa?.parts[0] as CachePart, 2), "keys of head 2");
});

test("another layer keeps part and head where it has them, and the nearest where not", () => {
  assert.deepEqual(placeIn(LAYERS, { layer: 1, part: "latent", head: 7 }), {
    ...{ layer: 1, part: "keys", head: 2 },
  });
  assert.deepEqual(placeIn(LAYERS, { layer: 9, part: "values", head: -1 }), {
    ...{ layer: 1, part: "values", head: 0 },
  });
  assert.equal(partAt(LAYERS, { layer: 0, part: "latent" }).nColumns, 6);
});

test("blocks show their mean or what is farthest from 0, and NaN where anything is not finite", () => {
  const numbers = Float32Array.of(1, -4, 2, 3, 0, -2, 5, 6, Number.POSITIVE_INFINITY);
  const window = { ...whole, rowPool: 2, columnPool: 2 };
  assert.deepEqual([...poolMatrix(numbers, 3, window, "farthest")], [-4, 2, 6, Number.NaN]);
  assert.deepEqual([...poolMatrix(numbers, 3, window, "mean")], [0, 0, 5.5, Number.NaN]);
  const piece = { rowStart: 1, rowCount: 2, columnStart: 1, columnCount: 2 };
  assert.deepEqual(
    [...poolMatrix(numbers, 3, { ...piece, rowPool: 1, columnPool: 1 }, "mean")],
    [0, -2, 6, Number.POSITIVE_INFINITY],
  );
  assert.deepEqual(matrixStatistics(numbers), { min: -4, max: 6, largest: 6, nNotFinite: 1 });
  assert.deepEqual(matrixStatistics(Float32Array.of(Number.NaN)), {
    ...{ min: 0, max: 0, largest: 0, nNotFinite: 1 },
  });
});

test("strengths are signed shares of the largest, or of the rank; nothing is clipped", () => {
  const cells = Float32Array.of(-8, 2, 0, Number.NaN, 2);
  assert.deepEqual([...shadeCells(cells, "linear", 8)], [-1, 0.25, 0, Number.NaN, 0.25]);
  assert.deepEqual([...shadeCells(cells, "rank", 8)], [-1, 0.75, 0, Number.NaN, 0.75]);
  assert.deepEqual([...shadeCells(Float32Array.of(0, 0), "linear", 0)], [0, 0]);
  assert.equal(rowLength(Float32Array.of(3, -4)), 5);
});

test("a window never has more cells than travel at once, and zooming stays inside", () => {
  const viewport = wholeViewport(4096, 576);
  assert.deepEqual(windowOf(viewport), { ...viewport, rowPool: 16, columnPool: 1 });
  assert.equal(windowOf(wholeViewport(1, 2000)).columnPool, 3);
  const near = zoomed(viewport, 0.5, { row: 4095, column: 0 }, 4096, 576);
  assert.deepEqual(near, { rowStart: 2048, rowCount: 2048, columnStart: 0, columnCount: 288 });
  assert.deepEqual(viewportWith(near, 100, 300), { ...near, rowStart: 100, columnStart: 13 });
  assert.deepEqual(zoomed(near, 4, { row: 9, column: 9 }, 4096, 576), viewport);
});

test("bytes grow with the tokens, beside other forms, and a refused cost is a sentence", () => {
  assert.equal(
    growthText(COSTS, 2, 3),
    "2 of 3 tokens: MLA 200 B · MHA, 8 heads 800 B · GQA, 2 heads 400 B · MQA 100 B (derived, all layers)",
  );
  assert.equal(growthText({ refusal: "no routes" }, 1, 1), "1 of 1 token");
  const record = runRecord(["a", "b", "c"]);
  assert.match(
    latentText(record, LAYERS, COSTS),
    /^KV cache of small: 2 layers, 3 of 3 tokens: MLA/,
  );
});

test("the static picture names its pool, and stays below 150 kB for any size", () => {
  const texts = Array.from({ length: 1000 }, (_, i) => `<${i}>`);
  const layers = cacheLayers(
    [site("blocks.0.attn.hook_kv_latent", ["T", 576], "kept")],
    [{ kind: "mla" }],
  );
  const numbers = Float32Array.from({ length: 1000 * 576 }, (_, i) => Math.sin(i));
  const svg = latentPicture({ record: runRecord(texts), layers, bytes: COSTS, numbers });
  assert.ok(svg.length < 150_000, `${svg.length}`);
  assert.match(svg, /A cell is 32 x 6 numbers: the one farthest from 0\./);
  assert.match(svg, /MLA, this model/);
  const refused = latentPicture({
    ...{ record: runRecord([]), layers: [], bytes: { refusal: "no <routes>" } },
    numbers: new Float32Array(0),
  });
  assert.match(refused, /no &lt;routes&gt;/);
});
