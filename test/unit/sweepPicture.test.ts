import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SweepEffects, type SweepEffectsParts } from "../../engine/sweep/sweepEffects.ts";
import { Tensor } from "../../engine/tensor/tensor.ts";
import {
  arrangements,
  arrangementText,
  mapOf,
  viewportWith,
  wholeViewport,
  zoomed,
} from "../../widgets/sweep/arrangement.ts";
import { blockAt, blocksOf, poolText } from "../../widgets/sweep/blocks.ts";
import {
  effectText,
  indicesOf,
  largestCell,
  placeText,
  readState,
  subtitleOf,
  summaryText,
  survives,
  survivorText,
  sweepText,
} from "../../widgets/sweep/data.ts";
import { intervalChart } from "../../widgets/sweep/intervalChart.ts";
import { effectScale, scaleEnds } from "../../widgets/sweep/scale.ts";
import { litIndex, selectionOf } from "../../widgets/sweep/selections.ts";
import { surviveMark } from "../../widgets/sweep/surviveMark.ts";
import { sweep } from "../../widgets/sweep/widget.ts";
import { runRecord } from "../fixtures/runRecords.ts";
import { ESTIMATED, SWEPT } from "../fixtures/sweepRecord.ts";

describe("what is said", () => {
  test("cells are counted along the axes, the last fastest, and named with their tokens", () => {
    assert.deepEqual(indicesOf(ESTIMATED, 7), [1, 0, 1]);
    assert.equal(placeText(SWEPT, 5), "layer 1, position 1 ·<cat>");
    assert.equal(placeText(ESTIMATED, 7), "layer 5, head 0, position -1");
  });

  test("the baseline is named, the largest effect and what survives counted", () => {
    assert.equal(
      subtitleOf(ESTIMATED),
      "blocks.{layer}.attn.hook_z · 2 layers × 3 heads × 2 positions · 1 prompt · estimated",
    );
    assert.equal(
      summaryText(SWEPT, "0.05"),
      "Baseline 1.25: logit difference 3 - 5 without edits, the mean of 8 pairs. Largest effect +2.5 at layer 2, position 3 ⏎. 2 of 12 cells survive at p ≤ 0.05, corrected over all cells.",
    );
    assert.match(summaryText(ESTIMATED, "0.05"), /Effects are estimated, not measured\. .*no p\.$/);
    assert.equal(
      survivorText(SWEPT, "0.001"),
      "No cell can survive at p ≤ 0.001: 8 pairs have no p below 0.0078125.",
    );
    assert.match(
      sweepText(SWEPT).split("\n")[2] ?? "",
      /^layer 2, position 3 ⏎: \+2\.5 \[\+2, \+3\], p 0\.007813$/,
    );
  });

  test("an effect has four digits and a sign, or says that it is not finite", () => {
    const texts = [0, 1.23456, -0.05, Number.NaN, Number.NEGATIVE_INFINITY].map(effectText);
    assert.deepEqual(texts, ["0", "+1.235", "−0.05", "NaN", "−∞"]);
  });

  test("a cell survives where its p is at most the level", () => {
    assert.deepEqual(
      [...SWEPT.effects.keys()].filter((cell) => survives(SWEPT, cell, "0.05")),
      [5, 11],
    );
    assert.equal(survives(SWEPT, 5, "0.001"), false);
    assert.equal(survives(ESTIMATED, 11, "0.05"), false);
  });

  test("the largest is finite", () => {
    const effects = Float64Array.of(1, Number.POSITIVE_INFINITY, -3, Number.NaN);
    assert.equal(largestCell({ effects }), 2);
    assert.equal(largestCell({ effects: Float64Array.of(Number.NaN) }), null);
  });
});

describe("maps", () => {
  test("any two axes make a map, in their own order first, and a third chooses", () => {
    const texts = arrangements(ESTIMATED).map((each) => arrangementText(ESTIMATED, each));
    assert.equal(texts.length, 6);
    assert.deepEqual(texts.slice(0, 3), [
      "layer × head, by position",
      "layer × position, by head",
      "head × position, by layer",
    ]);
    const [axis] = ESTIMATED.axes;
    assert.deepEqual(arrangements({ axes: axis ? [axis] : [] }), [
      { rows: null, columns: 0, third: null },
    ]);
  });

  test("every arrangement reads the cell that its indices name", () => {
    for (const arrangement of arrangements(ESTIMATED))
      for (let cell = 0; cell < 12; cell++) {
        const indices = indicesOf(ESTIMATED, cell);
        const at = (axis: number | null): number => (axis === null ? 0 : (indices[axis] ?? -1));
        const map = mapOf(ESTIMATED, arrangement, at(arrangement.third));
        assert.equal(map.cellAt(at(arrangement.rows), at(arrangement.columns)), cell);
      }
  });

  test("a viewport zooms round a cell, stays inside, and follows it", () => {
    const map = { ...mapOf(SWEPT, { rows: 0, columns: 1, third: null }, 0), nColumns: 100 };
    const half = zoomed(map, wholeViewport(map), [2, 90], 0.5);
    assert.deepEqual(half, { rowStart: 0, rowCount: 3, columnStart: 50, columnCount: 50 });
    assert.deepEqual(zoomed(map, half, [0, 60], 2), wholeViewport(map));
    assert.equal(viewportWith(half, 0, 20).columnStart, 20);
    assert.equal(viewportWith(half, 0, 99).columnStart, 50);
  });

  test("a block is its effect farthest from 0, and survives where one of its cells does", () => {
    const map = mapOf(SWEPT, { rows: 0, columns: 1, third: null }, 0);
    const blocks = blocksOf(wholeViewport(map), 2, 2);
    assert.deepEqual(
      [blocks.rowPool, blocks.columnPool, blocks.rows, blocks.columns],
      [2, 2, 2, 2],
    );
    const first = blockAt(SWEPT, map, blocks, [0, 0], "0.05");
    assert.deepEqual(first, { cell: 5, row: 1, column: 1, nSurviving: 1 });
    assert.equal(blockAt(SWEPT, map, blocks, [0, 1], "0.05").nSurviving, 0);
    assert.equal(blockAt(SWEPT, map, blocks, [1, 0], "0.05").cell, 9); // the last row alone
    assert.equal(
      poolText(map, blocks),
      "a cell is 2 layers × 2 positions: the effect farthest from 0",
    );
    assert.equal(poolText(map, blocksOf(wholeViewport(map), 3, 4)), "");
    const nan = { ...SWEPT, effects: SWEPT.effects.map((x, i) => (i === 5 ? Number.NaN : x)) };
    assert.equal(blockAt(nan, map, blocks, [0, 0], "0.05").cell, 1);
  });
});

describe("the scale", () => {
  test("is around 0 and the same for all cells, by size, by decades and by rank", () => {
    const effects = Float64Array.of(0, 1, -10, 0.1, 0.00001, Number.POSITIVE_INFINITY);
    const record = { ...SWEPT, effects };
    const strengths = (name: "linear" | "log" | "rank") => {
      const scale = effectScale(record, name);
      return [...effects.keys()].map((cell) => Number(scale.strengthOf(cell).toFixed(4)));
    };
    assert.deepEqual(strengths("linear"), [0, 0.1, -1, 0.01, 0, Number.NaN]);
    assert.deepEqual(strengths("log"), [0, 0.6667, -1, 0.3333, 0, Number.NaN]);
    assert.deepEqual(strengths("rank"), [0, 0.8, -1, 0.6, 0.4, Number.NaN]);
    const scale = effectScale(record, "linear");
    assert.deepEqual([scale.largest, scale.nNotFinite], [10, 1]);
    assert.deepEqual(scaleEnds(scale), ["−10", "+10", "linear"]);
  });

  test("of equal effects is equal by rank, and all zeros are zero", () => {
    const record = { ...SWEPT, effects: Float64Array.of(2, -2, 1) };
    const scale = effectScale(record, "rank");
    assert.deepEqual([0, 1, 2].map(scale.strengthOf), [1, -1, 1 / 3]);
    const zeros = effectScale({ ...SWEPT, effects: new Float64Array(3) }, "linear");
    assert.deepEqual([0, 1, 2].map(zeros.strengthOf), [0, 0, 0]);
  });
});

test("a cell is a layer, head and token of the run, negative positions from its end, and back", () => {
  const state = { ...ESTIMATED, runTokens: 9 };
  assert.deepEqual(selectionOf(state, 7), { layer: 5, head: 0, token: 8 });
  const selection = { layer: 5, head: null, token: 7, expert: null };
  const [layers, heads, positions] = ESTIMATED.axes;
  assert.equal(litIndex(state, layers ?? null, selection), 1);
  assert.equal(litIndex(state, heads ?? null, selection), null);
  assert.equal(litIndex(state, positions ?? null, selection), 0);
  assert.equal(litIndex(state, layers ?? null, { ...selection, layer: 4 }), null);
});

test("an interval lies on the line of all intervals, with 0 marked; without one nothing is drawn", () => {
  const drawn = intervalChart(SWEPT, 11);
  const texts = JSON.stringify(drawn);
  const xOf = (x: number): number => 8 + ((x + 3) / 6) * 244;
  assert.ok(texts.includes(`"cx":${Math.round(100 * xOf(2.5)) / 100}`), texts);
  assert.ok(texts.includes(`M${Math.round(100 * xOf(2)) / 100} 16H${xOf(3)}`), texts);
  assert.ok(texts.includes(`M${xOf(0)} 4V28`), texts);
  assert.equal(intervalChart(ESTIMATED, 0), null);
});

test("the mark of a cell that survives stays inside of it", () => {
  const mark = surviveMark({ x: 10, y: 20, width: 16, height: 12 }, 4);
  const hatch = /opacity=".6" d="([^"]+)"/.exec(mark)?.[1] ?? "";
  const points = [...hatch.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)];
  assert.ok(points.length >= 12);
  for (const [, x, y] of points) {
    assert.ok(Number(x) >= 10 && Number(x) <= 26, x);
    assert.ok(Number(y) >= 20 && Number(y) <= 32, y);
  }
});

const effectsOf = (parts: Partial<SweepEffectsParts> = {}): SweepEffects => {
  const tensor = (data: Float64Array) => new Tensor(data, [3, 4], ["layer", "position"]);
  const { provenance, site, metric, axes, effects, low, high, p } = SWEPT;
  return new SweepEffects({
    ...{ provenance, site, metric, axes: axes.map((axis) => ({ ...axis, labels: [] })) },
    baselines: new Float64Array(8).fill(1.25),
    effects: tensor(effects),
    perPair: new Tensor(new Float64Array(96).fill(0.5), [8, 3, 4], ["pair", "layer", "position"]),
    interval: low && high && { low: tensor(low), high: tensor(high) },
    p: p && tensor(p),
    ...parts,
  });
};

test("the picture has the sweep's numbers, in its state, its words and its tables", async () => {
  const picture = sweep(effectsOf());
  const kept = picture.nestable.stateNow();
  const state = readState((key) => kept[key]);
  assert.deepEqual(
    { ...state, runId: null, runTokens: null },
    { ...SWEPT, runId: null, runTokens: null },
  );
  assert.deepEqual(await picture.tableNames(), ["cells", "pairs", "baselines"]);
  const csv = (await picture.toCsv("cells")).split("\r\n");
  assert.equal(csv[0], "layer,position,token,effect,low,high,p");
  assert.equal(csv[6], "1,1, <cat>,-2,-3,-1,0.0078125");
  assert.equal((await picture.table("pairs")).columns[0]?.values.length, 96);
  assert.equal((await picture.toCsv("baselines")).split("\r\n")[8], "7,1.25");
});

test("what cannot be drawn, and runs of another prompt, are refused", () => {
  const wide = Array.from({ length: 2 ** 17 + 1 }, (_, i) => i);
  const axes = [
    { name: "position", values: wide, labels: [], tokens: wide.map(() => null) },
  ] as const;
  const data = new Float64Array(wide.length);
  const many = effectsOf({
    ...{ axes, interval: null, p: null },
    effects: new Tensor(data, [data.length], ["position"]),
  });
  assert.throws(() => sweep(many), {
    name: "TypeError",
    message: /^sweep: expected at most 131072 cells, got 131073\. Choose fewer/,
  });
  assert.throws(() => sweep(Promise.resolve(effectsOf()) as never), {
    name: "TypeError",
    message:
      /^sweep: expected the result of model\.sweep or model\.attributionPatching, got a promise\. Write sweep\(await /,
  });
  assert.throws(() => sweep(undefined as never), /got undefined\. Write/);
  const run = (tokens: readonly string[], nLayers: number) => ({
    ...{ id: "run", record: runRecord(tokens, { nLayers }) },
  });
  assert.throws(() => sweep(effectsOf(), { run: run(["a", "b"], 3) }), {
    message:
      /^sweep run: expected one with every position of the sweep, got 2 positions where it has position 2\./,
  });
  assert.throws(
    () => sweep(effectsOf(), { run: run(["a", "b", "c", "d"], 2) }),
    /got 2 layers where it has layer 2/,
  );
  sweep(effectsOf(), { run: run(["a", "b", "c", "d"], 3) });
});
