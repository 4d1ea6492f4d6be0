import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { testLoadingMemory } from "../fixtures/loadingMemory.ts";

testLoadingMemory("cpu", () => createCpuBackend());
