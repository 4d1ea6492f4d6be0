import { tinyZeroSuite } from "./tinyZeroSuite.ts";

tinyZeroSuite("reference");
