import { forwardSuite } from "./forwardSuite.ts";

for (const fixture of ["deepseek_v3", "deepseek_v32", "gpt_oss", "qwen3_moe"])
  forwardSuite("webgpu", fixture, 4);
