import { rowsTests } from "./rowsTests.ts";
import { SOFTMAX_ROWS } from "./softmaxRows.ts";

rowsTests(SOFTMAX_ROWS, ["reference", "cpu with one thread", "cpu with three threads"]);
