import { rowsTests } from "./rowsTests.ts";
import { SOFTMAX_ROWS } from "./softmaxRows.ts";
import { TOP_K_ROWS } from "./topKRows.ts";

for (const method of [SOFTMAX_ROWS, TOP_K_ROWS]) rowsTests(method, ["webgpu"]);
