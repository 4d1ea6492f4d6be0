import { sweepSuite } from "./sweepSuite.ts";

sweepSuite("reference", ["llama3", "mixtral", "deepseek_v3", "deepseek_v32", "mixed"], 1);
