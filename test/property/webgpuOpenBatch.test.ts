import { MIXED } from "../golden/openModel.ts";
import { openBatchSuite } from "./openBatchSuite.ts";

openBatchSuite("webgpu", ["gpt_oss", MIXED], 2);
