import { stepperSuite } from "./stepperSuite.ts";

stepperSuite("webgpu", ["deepseek_v3", "deepseek_v32", "gpt_oss"], 1);
