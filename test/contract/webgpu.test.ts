import assert from "node:assert/strict";
import { after } from "node:test";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { backendContract } from "./backendContract.ts";

const opened: WebGpuBackend[] = [];

backendContract({
  name: "webgpu",
  open: async () => {
    const backend = await createWebGpuBackend(await requireNodeAdapter());
    opened.push(backend);
    return backend;
  },
});

after(() => {
  const dispatches = opened.reduce((sum, { dispatchCount }) => sum + dispatchCount, 0);
  assert.ok(dispatches > 0, "no shader ran");
});
