import { goldenSuite } from "./goldenSuite.ts";
import { tinySuite } from "./tinySuite.ts";

goldenSuite("webgpu");
tinySuite("webgpu");
