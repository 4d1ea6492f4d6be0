import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { backendContract } from "./backendContract.ts";

backendContract({ name: "cpu", open: createCpuBackend });
