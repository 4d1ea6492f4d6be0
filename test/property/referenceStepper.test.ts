import { stepperSuite } from "./stepperSuite.ts";

stepperSuite("reference", ["deepseek_v3", "gpt_oss", "mixed"], 2);
