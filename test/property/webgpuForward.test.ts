import { forwardSuite } from "./forwardSuite.ts";

forwardSuite("webgpu", ["deepseek_v3", "deepseek_v32", "gpt_oss", "qwen3_moe", "mixed"], 4);
