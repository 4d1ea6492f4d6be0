import { FIXTURES, MIXED } from "../golden/openModel.ts";
import { batchSuite } from "./batchSuite.ts";

batchSuite("cpu", [...FIXTURES, MIXED], 3);
