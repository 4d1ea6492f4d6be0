import { sparseEditsSuite } from "./sparseEditsSuite.ts";

sparseEditsSuite("reference", 6);
