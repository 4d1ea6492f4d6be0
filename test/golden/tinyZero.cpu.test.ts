import { tinyZeroSuite } from "./tinyZeroSuite.ts";

tinyZeroSuite("cpu");
