import { formatSuite, tinyFp8Suite } from "./formatSuite.ts";
import { goldenSuite } from "./goldenSuite.ts";
import { tinySuite } from "./tinySuite.ts";

goldenSuite("reference");
tinySuite("reference");
formatSuite("reference");
tinyFp8Suite("reference");
