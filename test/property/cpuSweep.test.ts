import { sweepSuite } from "./sweepSuite.ts";

const FOLDERS = ["llama3", "gpt2", "gpt_oss", "qwen3_moe", "glm4_moe_lite", "deepseek_v3"];

sweepSuite("cpu", [...FOLDERS, "deepseek_v32", "mixed"], 4);
