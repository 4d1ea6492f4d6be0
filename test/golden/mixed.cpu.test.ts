import { mixedSuite } from "./mixedSuite.ts";

mixedSuite("cpu");
