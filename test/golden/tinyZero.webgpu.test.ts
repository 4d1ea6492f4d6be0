import { tinyZeroSuite } from "./tinyZeroSuite.ts";

tinyZeroSuite("webgpu");
