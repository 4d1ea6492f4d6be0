import { FIXTURES, MIXED } from "../golden/openModel.ts";
import { openBatchSuite } from "./openBatchSuite.ts";

openBatchSuite("cpu", [...FIXTURES, MIXED], 3);
