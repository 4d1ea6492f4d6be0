import { prefixSuite } from "./prefixSuite.ts";

prefixSuite("reference", ["deepseek_v3", "deepseek_v32", "gpt_oss"], 1);
