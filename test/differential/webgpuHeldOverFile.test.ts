import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { testHeldOverFile } from "../fixtures/heldOverFile.ts";

testHeldOverFile("webgpu", async () => createWebGpuBackend(await requireNodeAdapter()));
