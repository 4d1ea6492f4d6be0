import assert from "node:assert/strict";
import { it } from "node:test";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

const { ids } = expected("llama3");
const LOST = { name: "BackendError", code: "ERR_DEVICE_LOST", message: /expected .* got / };

it("a device that is lost fails runs, generations and readings by name, and disposing still works", async () => {
  const { model, backend } = await openModel("webgpu", fixtureFolder("llama3"));
  const run = await model.run(ids);
  const generation = model.generate(ids, { maxTokens: 50, temperature: 0 });
  const tokens = generation[Symbol.asyncIterator]();
  await tokens.next();
  (backend as WebGpuBackend).device.destroy();
  await assert.rejects(async () => {
    while ((await tokens.next()).done !== true);
  }, LOST);
  assert.equal(generation.finishReason, "failed");
  await assert.rejects(model.run(ids), LOST);
  await assert.rejects(run.get("blocks.0.attn.hook_pattern"), LOST);
  model.dispose();
  assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
});
