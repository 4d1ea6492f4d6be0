import { mixedSuite } from "./mixedSuite.ts";

mixedSuite("webgpu");
