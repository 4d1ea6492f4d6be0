import { FIXTURES } from "../golden/openModel.ts";
import { batchSuite } from "./batchSuite.ts";

batchSuite("reference", FIXTURES, 1);
