import { formatSuite, tinyFp8Suite } from "./formatSuite.ts";
import { goldenSuite } from "./goldenSuite.ts";
import { siteSuite } from "./siteSuite.ts";
import { tinySuite } from "./tinySuite.ts";

siteSuite("reference");
goldenSuite("reference");
tinySuite("reference");
formatSuite("reference");
tinyFp8Suite("reference");
