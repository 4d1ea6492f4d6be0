import { MIXED } from "../golden/openModel.ts";
import { openBatchSuite } from "./openBatchSuite.ts";

// Every architecture on cpu; elsewhere one of each kind of attention.
openBatchSuite("reference", ["deepseek_v2", "deepseek_v32", "gpt_oss", MIXED], 2);
