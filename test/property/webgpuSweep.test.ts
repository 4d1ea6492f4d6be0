import { sweepSuite } from "./sweepSuite.ts";

sweepSuite("webgpu", ["qwen3_moe", "deepseek_v3", "mixed"], 1);
