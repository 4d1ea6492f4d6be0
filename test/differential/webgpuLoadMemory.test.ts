import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { testLoadingMemory } from "../fixtures/loadingMemory.ts";

testLoadingMemory("webgpu", async (held) => {
  const backend = await createWebGpuBackend(await requireNodeAdapter());
  const { queue } = backend.device;
  const write = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (buffer, offset, data) => {
    if (data instanceof Uint8Array) held.add(data); // what a weight is widened or completed to
    write(buffer, offset, data);
  };
  return backend;
});
