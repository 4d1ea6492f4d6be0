import { sparseEditsSuite } from "./sparseEditsSuite.ts";

sparseEditsSuite("cpu", 6);
