import { FIXTURES, MIXED } from "../golden/openModel.ts";
import { forwardSuite } from "./forwardSuite.ts";

// Every architecture on cpu; elsewhere one of each kind of attention.
forwardSuite("cpu", [...FIXTURES, MIXED], 10);
forwardSuite("reference", ["deepseek_v2", "deepseek_v32", "gpt2", "gpt_oss", "mixtral", MIXED], 4);
