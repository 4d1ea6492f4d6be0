import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { runNeutralEdits } from "./neutralEdits.ts";
import { runOperatorCases } from "./operatorCases.ts";

runOperatorCases("cpu", createCpuBackend);
runNeutralEdits("cpu", createCpuBackend);
