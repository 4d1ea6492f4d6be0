import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fitLogistic } from "../../engine/probe/logistic.ts";
import { columnsOf, standardized } from "../../engine/probe/standardize.ts";

interface Case {
  readonly l2: number;
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly weights: readonly number[];
  readonly intercept: number;
}

const path = new URL("../fixtures/statistics/probe.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(path, "utf8")) as { readonly cases: readonly Case[] };

describe("logistic regression", () => {
  for (const { l2, rows, labels, weights, intercept } of cases)
    it(`is scikit-learn's: ${rows.length} rows of ${weights.length}, l2 ${l2}`, async () => {
      const width = weights.length;
      const data = Float64Array.from(rows.flat());
      const scaled = standardized(data, columnsOf(data, width));
      const fit = await fitLogistic({ rows: scaled, width, labels: Uint8Array.from(labels), l2 });
      assert.ok(fit.gradient < 1e-9);
      assert.ok(Math.abs(fit.intercept - intercept) < 1e-5, `${fit.intercept}, not ${intercept}`);
      for (const [i, wanted] of weights.entries())
        assert.ok(Math.abs((fit.weights[i] ?? Number.NaN) - wanted) < 1e-5, `weight ${i}`);
    });

  it("has the same bits again, and classes that are told apart without an error do not send it off", async () => {
    const rows = Float64Array.of(-3, -2, -1, 1, 2, 3);
    const problem = { rows, width: 1, labels: Uint8Array.of(0, 0, 0, 1, 1, 1), l2: 0.001 };
    const [fit, again] = [await fitLogistic(problem), await fitLogistic(problem)];
    assert.deepEqual(fit, again);
    assert.ok(Number.isFinite(fit.weights[0]) && (fit.weights[0] ?? 0) > 1);
    assert.ok(Math.abs(fit.intercept) < 1e-6); // the data is symmetric
  });

  it("leaves out columns that are the same in all rows", () => {
    const data = Float64Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 0.1 : i));
    const columns = columnsOf(data, 2);
    assert.deepEqual([columns.mean[0], columns.deviation[0]], [0.1, 0]);
    assert.ok(Math.abs((columns.mean[1] ?? 0) - 10) < 1e-12);
    const scaled = standardized(data, columns);
    assert.ok(scaled.every((x, i) => i % 2 === 1 || x === 0));
  });

  it("does not end where derivatives are left", async () => {
    const rows = Float64Array.of(1, 2, 3, 4);
    const labels = Uint8Array.of(0, 1, 0, 1);
    const { weights, intercept } = await fitLogistic({ rows, width: 1, labels, l2: 1 });
    const w = weights[0] ?? Number.NaN;
    let [ofWeight, ofIntercept] = [w, 0];
    for (const [i, x] of rows.entries()) {
      const missed = 1 / (1 + Math.exp(-(w * x + intercept))) - (labels[i] ?? 0);
      ofWeight += missed * x;
      ofIntercept += missed;
    }
    assert.ok(Math.abs(ofWeight) < 1e-8 && Math.abs(ofIntercept) < 1e-8);
  });
});
