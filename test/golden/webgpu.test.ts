import { formatSuite, tinyFp8Suite } from "./formatSuite.ts";
import { goldenSuite } from "./goldenSuite.ts";
import { siteSuite } from "./siteSuite.ts";
import { tinySuite } from "./tinySuite.ts";

siteSuite("webgpu");
goldenSuite("webgpu");
tinySuite("webgpu");
formatSuite("webgpu");
tinyFp8Suite("webgpu");
