import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { testHeldOverFile } from "../fixtures/heldOverFile.ts";

testHeldOverFile("cpu", () => createCpuBackend());
