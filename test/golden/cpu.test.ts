import { formatSuite, tinyFp8Suite } from "./formatSuite.ts";
import { goldenSuite } from "./goldenSuite.ts";
import { siteSuite } from "./siteSuite.ts";
import { tinySuite } from "./tinySuite.ts";

siteSuite("cpu");
goldenSuite("cpu");
tinySuite("cpu");
formatSuite("cpu");
tinyFp8Suite("cpu");
