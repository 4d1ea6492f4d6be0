import { batchEditsSuite } from "./batchEditsSuite.ts";

batchEditsSuite("cpu", ["deepseek_v3", "deepseek_v32", "gpt_oss", "gpt2", "qwen3_moe"]);
