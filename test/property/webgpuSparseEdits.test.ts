import { sparseEditsSuite } from "./sparseEditsSuite.ts";

sparseEditsSuite("webgpu", 2);
