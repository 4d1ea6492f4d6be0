import assert from "node:assert/strict";
import { test } from "node:test";
import { effectsOverPairs, Tensor } from "../../engine/index.ts";
import { bootstrapIntervals, correctedP } from "../../engine/sweep/pairStatistics.ts";

test("effects over pairs have the mean, the interval and the corrected p of every cell", () => {
  const effects = Float64Array.of(3, 1, 2, 1, 1, -1);
  const { mean, low, high, p } = effectsOverPairs(new Tensor(effects, [3, 2], ["pair", "head"]), {
    seed: 1,
  });
  assert.deepEqual([mean.shape, mean.dims], [[2], ["head"]]);
  assert.ok(
    Math.abs((mean.data[0] ?? 0) - 2) < 1e-12 && Math.abs((mean.data[1] ?? 0) - 1 / 3) < 1e-12,
  );
  const paired = { effects, nPairs: 3, resamples: 2000, seed: 1 };
  assert.deepEqual(p.data, correctedP(paired));
  assert.deepEqual([...p.data], [2 / 8, 1]);
  assert.deepEqual({ low: low.data, high: high.data }, bootstrapIntervals(paired));
});

test("a list of numbers is one cell", () => {
  const { mean, low, high, p } = effectsOverPairs([1, 1, 1, 1]);
  assert.deepEqual([mean.at(), low.at(), high.at(), p.at()], [1, 1, 1, 2 / 16]);
});

test("too few pairs, what is no number, and a wrong seed are refused", () => {
  assert.throws(() => effectsOverPairs([1]), { code: "ERR_SHAPE", message: /got \(1\)/ });
  assert.throws(() => effectsOverPairs([1, Number.NaN]), { code: "ERR_RANGE", message: /got NaN/ });
  assert.throws(() => effectsOverPairs([1, 2], { seed: -1 }), { code: "ERR_OPTION" });
  assert.throws(() => effectsOverPairs([1, 2], { resamples: 0 }), { code: "ERR_OPTION" });
});
