import assert from "node:assert/strict";
import { test } from "node:test";
import { arithmeticTask, clozeTask, evaluate, loadModel } from "../../engine/index.node.ts";
import { tinyFolder } from "./openModel.ts";

process.env.LP_NUM_THREADS ??= "0";

test("an evaluation on webgpu gives the same twice, alone and in batches", async (t) => {
  const model = await loadModel(tinyFolder, { backend: "webgpu" });
  t.after(() => model.dispose());
  const task = arithmeticTask({ n: 4, size: 2, seed: 1 });
  const options = { temperature: 0.8, maxTokens: 10, thinking: { budget: 0 }, resamples: 50 };
  const [first, second, alone] = [
    await evaluate(model, task, options),
    await evaluate(model, task, options),
    await evaluate(model, task, { ...options, atOnce: 1 }),
  ];
  assert.ok(first.samples.every(({ reply }) => reply !== ""));
  for (const again of [second, alone]) {
    assert.deepEqual(again.samples, first.samples);
    assert.deepEqual(again.metrics, first.metrics);
  }
  const choices = () => evaluate(model, clozeTask({ n: 2 }), { resamples: 50 });
  assert.deepEqual((await choices()).samples, (await choices()).samples);
});
