import { rowsTests } from "./rowsTests.ts";
import { TOP_K_ROWS } from "./topKRows.ts";

rowsTests(TOP_K_ROWS, ["reference", "cpu with one thread", "cpu with three threads"]);
