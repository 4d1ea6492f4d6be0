import { batchEditsSuite } from "./batchEditsSuite.ts";

batchEditsSuite("webgpu", ["deepseek_v3"]);
