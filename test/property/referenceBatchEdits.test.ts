import { batchEditsSuite } from "./batchEditsSuite.ts";

batchEditsSuite("reference", ["deepseek_v32", "gpt_oss"]);
