import { denseSuite } from "./denseSuite.ts";
import { bundledFp8Suite, formatSuite } from "./formatSuite.ts";
import { goldenSuite } from "./goldenSuite.ts";
import { tinySuite } from "./tinySuite.ts";
import { tinyV32Suite } from "./tinyV32Suite.ts";

goldenSuite("webgpu");
tinySuite("webgpu");
formatSuite("webgpu");
bundledFp8Suite("webgpu");
tinyV32Suite("webgpu");
denseSuite("webgpu");
