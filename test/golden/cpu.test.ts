import { denseSuite } from "./denseSuite.ts";
import { bundledFp8Suite, formatSuite } from "./formatSuite.ts";
import { goldenSuite } from "./goldenSuite.ts";
import { tinySuite } from "./tinySuite.ts";
import { tinyV32Suite } from "./tinyV32Suite.ts";

goldenSuite("cpu");
tinySuite("cpu");
formatSuite("cpu");
bundledFp8Suite("cpu");
tinyV32Suite("cpu");
denseSuite("cpu");
