import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { runOperatorCases } from "./operatorCases.ts";

runOperatorCases("cpu", createCpuBackend);
