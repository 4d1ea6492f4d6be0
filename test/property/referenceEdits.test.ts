import { editsSuite } from "./editsSuite.ts";

editsSuite("reference", ["deepseek_v3", "deepseek_v32", "gpt2", "gpt_oss", "mixed"], 2);
