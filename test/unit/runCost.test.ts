import assert from "node:assert/strict";
import { test } from "node:test";
import { countParameters } from "../../engine/cost/parameters.ts";
import { loadModel } from "../../engine/index.node.ts";
import { feedForwardsOf, mlaOf } from "../fixtures/layers.ts";

test("what the default model's own plan costs is what the published formulas say", async () => {
  const model = await loadModel("tiny", { backend: "reference" });
  const { spec } = model;
  const a = mlaOf(spec);
  const run = await model.run([5, 6, 7]);
  const cost = run.cost();
  const biases = feedForwardsOf(spec).reduce((n, l) => n + (l.kind === "moe" ? l.nExperts : 0), 0);
  const { active } = countParameters(spec);
  const perPair = 2 * spec.nLayers * a.nHeads * (2 * a.kvLoraRank + a.dRope);
  assert.deepEqual(
    cost.tokens.map((token) => token.flops),
    [1, 2, 3].map((nKeys) => 2 * (active - biases) + perPair * nKeys),
  );
  assert.equal(cost.nextDecode.flops, 2 * (active - biases) + perPair * 4);
  assert.equal(cost.nextDecode.weightBytes, 8 * (active + spec.dModel)); // f64, one embedding row
  assert.equal(cost.kvBytesPerToken, 8 * spec.nLayers * (a.kvLoraRank + a.dRope));
  const stored = [...model.plan.weights.values()].reduce(
    (n, weight) => n + weight.shape.reduce((x, y) => x * y, 1),
    0,
  );
  assert.equal(cost.totalParameters, stored);
  model.dispose();
});
