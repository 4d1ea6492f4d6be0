import { editsSuite } from "./editsSuite.ts";

editsSuite("webgpu", ["deepseek_v3", "deepseek_v32", "gpt_oss", "mixed"], 2);
