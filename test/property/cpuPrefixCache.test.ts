import { MIXED } from "../golden/openModel.ts";
import { prefixCacheSuite } from "./prefixCacheSuite.ts";

prefixCacheSuite(
  "cpu",
  ["deepseek_v3", "deepseek_v32", "glm4_moe_lite", "gpt_oss", "smollm3", "qwen3_moe", MIXED],
  2,
);
