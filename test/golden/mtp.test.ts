import { mtpSuite } from "./mtpSuite.ts";

mtpSuite("reference");
mtpSuite("cpu");
mtpSuite("webgpu");
