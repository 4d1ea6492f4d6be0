import { MIXED } from "../golden/openModel.ts";
import { prefixCacheSuite } from "./prefixCacheSuite.ts";

prefixCacheSuite("cpu", ["deepseek_v3", "deepseek_v32", "gpt_oss", "qwen3_moe", MIXED], 1);
