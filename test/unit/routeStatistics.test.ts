import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModel, routeStatistics } from "../../engine/index.node.ts";
import type { RouteChoices } from "../../engine/trace/schema.ts";
import { ROUTES } from "../fixtures/runRecords.ts";

// layer 1: {0,1} {1,0} {3,1}; layer 3: {2,3} {0,1} {2,3}

test("statistics of routes count loads and pairs, and say how concentrated they are", async () => {
  const choices: RouteChoices = {
    routers: [],
    margins: Float32Array.of(1, 2, 3, 4, 5, 6),
    runnersUp: new Int32Array(6),
    withoutBias: null,
  };
  const told = await routeStatistics({ routing: async () => ({ ...ROUTES, choices }) });
  assert.deepEqual(told.layers, [1, 3]);
  assert.deepEqual([...told.load.data], [2, 3, 0, 1, 1, 1, 2, 2]);
  assert.deepEqual([...told.concentration.data], [(4 + 9 + 1) / 36, (1 + 1 + 4 + 4) / 36]);
  assert.equal(told.coActivation.at(0, 1, 3), 1);
  assert.equal(told.coActivation.at(1, 2, 3), 2);
  assert.equal(told.lift.at(0, 0, 1), 1);
  assert.equal(told.lift.at(1, 2, 3), 1.5); // 2 * 3 / (2 * 2)
  assert.deepEqual([...told.margins.mean("T").data], [2, 5]);
  assert.deepEqual([...told.entropyBits.row(1).data], [2, 1, 0]);
});

test("they are of a run's own routes, and empty where a model has none", async () => {
  const model = await loadModel("tiny", { backend: "reference" });
  try {
    const run = await model.run([3, 4, 5]);
    const { layers, load, margins, concentration } = await routeStatistics(run);
    assert.deepEqual(layers, [1, 2, 3, 4, 5]);
    assert.deepEqual(
      [...load.sum("E").data],
      layers.map(() => 3 * 2),
    );
    assert.deepEqual(margins.shape, [5, 3]);
    assert.ok(margins.data.every((margin) => margin >= 0));
    assert.ok(concentration.data.every((each) => each >= 1 / 16 && each <= 1 / 2));
  } finally {
    model.dispose();
  }
  const none = {
    ...ROUTES,
    layers: [],
    indices: new Int32Array(0),
    entropyBits: new Float32Array(0),
  };
  const choices = {
    routers: [],
    margins: new Float32Array(0),
    runnersUp: new Int32Array(0),
    withoutBias: null,
  };
  const told = await routeStatistics({ routing: async () => ({ ...none, choices }) });
  assert.deepEqual([told.layers, told.load.shape], [[], [0, 4]]);
});
