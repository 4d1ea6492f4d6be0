import { formatSuite, tinyFp8Suite } from "./formatSuite.ts";
import { goldenSuite } from "./goldenSuite.ts";
import { tinySuite } from "./tinySuite.ts";

goldenSuite("cpu");
tinySuite("cpu");
formatSuite("cpu");
tinyFp8Suite("cpu");
