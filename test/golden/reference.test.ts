import { denseSuite } from "./denseSuite.ts";
import { bundledFp8Suite, formatSuite } from "./formatSuite.ts";
import { goldenSuite } from "./goldenSuite.ts";
import { tinySuite } from "./tinySuite.ts";
import { tinyV32Suite } from "./tinyV32Suite.ts";

goldenSuite("reference");
tinySuite("reference");
formatSuite("reference");
bundledFp8Suite("reference");
tinyV32Suite("reference");
denseSuite("reference");
