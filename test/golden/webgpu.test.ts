import { formatSuite, tinyFp8Suite } from "./formatSuite.ts";
import { goldenSuite } from "./goldenSuite.ts";
import { tinySuite } from "./tinySuite.ts";

goldenSuite("webgpu");
tinySuite("webgpu");
formatSuite("webgpu");
tinyFp8Suite("webgpu");
