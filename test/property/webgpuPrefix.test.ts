import { prefixSuite } from "./prefixSuite.ts";

prefixSuite("webgpu", ["deepseek_v3", "gpt_oss"], 1);
