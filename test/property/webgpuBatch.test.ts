import { batchSuite } from "./batchSuite.ts";

batchSuite("webgpu", ["deepseek_v3", "gpt_oss", "mixed"], 1);
