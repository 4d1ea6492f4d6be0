import { FIXTURES, MIXED } from "../golden/openModel.ts";
import { batchSuite } from "./batchSuite.ts";

batchSuite("reference", [...FIXTURES, MIXED], 1);
