import { prefixSuite } from "./prefixSuite.ts";

prefixSuite(
  "cpu",
  ["deepseek_v3", "deepseek_v32", "glm4_moe_lite", "gpt_oss", "gpt2", "qwen3_moe"],
  2,
);
