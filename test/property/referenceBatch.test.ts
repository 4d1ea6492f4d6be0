import { MIXED } from "../golden/openModel.ts";
import { batchSuite } from "./batchSuite.ts";

// Every architecture on cpu; elsewhere one of each kind of attention.
batchSuite("reference", ["deepseek_v2", "deepseek_v32", "gpt2", "gpt_oss", "mixtral", MIXED], 2, 4);
