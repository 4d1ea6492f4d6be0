import { stepperSuite } from "./stepperSuite.ts";

stepperSuite("webgpu", ["deepseek_v32", "gpt_oss", "mixed"], 1);
