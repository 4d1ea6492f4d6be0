import { FIXTURES } from "../golden/openModel.ts";
import { batchSuite } from "./batchSuite.ts";

batchSuite("cpu", FIXTURES, 3);
