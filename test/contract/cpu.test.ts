import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";
import { backendContract } from "./backendContract.ts";

backendContract({ name: "cpu", open: createCpuBackend });
backendContract({ name: "cpu", on: "two threads", open: () => openSplitBackend(2) });
