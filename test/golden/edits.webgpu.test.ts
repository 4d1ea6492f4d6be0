import { editsSuite } from "./editsSuite.ts";

editsSuite("webgpu", 10);
