import assert from "node:assert/strict";
import { after } from "node:test";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { runNeutralEdits } from "./neutralEdits.ts";
import { operatorCases, runOperatorCases } from "./operatorCases.ts";

const opened: WebGpuBackend[] = [];

runOperatorCases("webgpu", async () => {
  const backend = await createWebGpuBackend(await requireNodeAdapter());
  opened.push(backend);
  return backend;
});

runNeutralEdits("webgpu", async () => createWebGpuBackend(await requireNodeAdapter()));

after(() => {
  const [backend] = opened;
  assert.ok(backend, "no WebGPU backend was opened");
  assert.ok(
    backend.dispatchCount >= 2 * operatorCases.length,
    `every case must run its shaders twice, got ${backend.dispatchCount} dispatches`,
  );
});
