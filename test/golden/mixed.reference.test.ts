import { mixedSuite } from "./mixedSuite.ts";

mixedSuite("reference");
