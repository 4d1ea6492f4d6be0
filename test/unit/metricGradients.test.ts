import assert from "node:assert/strict";
import { test } from "node:test";
import {
  klDivergence,
  logit,
  logitDifference,
  logProb,
  type SweepMetric,
  Tensor,
} from "../../engine/index.ts";

const STEP = 1e-5;
const ROW = Float64Array.of(0.3, -1.2, 2.5, 0.1, -0.7);
const other = { get: async () => new Tensor(Float64Array.of(1, 0.2, -0.4, 0.9, 0), [5], ["V"]) };

const METRICS: Readonly<Record<string, SweepMetric>> = {
  logitDifference: logitDifference(2, 4),
  "logitDifference of a token to itself": logitDifference(3, 3),
  logit: logit(1),
  logProb: logProb(3),
  klDivergence: klDivergence(other),
};

for (const [name, metric] of Object.entries(METRICS))
  test(`the gradient of ${name} is what a central difference gives`, async () => {
    const gradient = await metric.gradient?.(ROW);
    assert.equal(gradient?.length, ROW.length);
    for (const i of ROW.keys()) {
      const moved = (by: number) => metric(ROW.map((x, j) => (j === i ? x + by : x)));
      const wanted = ((await moved(STEP)) - (await moved(-STEP))) / (2 * STEP);
      assert.ok(
        Math.abs((gradient?.[i] ?? Number.NaN) - wanted) < 1e-9,
        `${i}: ${gradient?.[i]}, measured ${wanted}`,
      );
    }
  });
