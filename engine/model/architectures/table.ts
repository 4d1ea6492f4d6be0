import type { Architecture } from "./architecture.ts";
import { deepseekV2 } from "./deepseekV2.ts";
import { deepseekV3 } from "./deepseekV3.ts";
import { deepseekV32 } from "./deepseekV32.ts";
import { gpt2 } from "./gpt2.ts";
import { gptOss } from "./gptOss.ts";
import { llama } from "./llama.ts";
import { mixtral } from "./mixtral.ts";
import { olmoe } from "./olmoe.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3, qwen3Moe } from "./qwen3.ts";

/** By model_type of config.json. */
export const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["deepseek_v2", deepseekV2],
  ["deepseek_v3", deepseekV3],
  ["deepseek_v32", deepseekV32],
  ["gpt2", gpt2],
  ["gpt_oss", gptOss],
  ["llama", llama],
  ["mixtral", mixtral],
  ["olmoe", olmoe],
  ["qwen2", qwen2],
  ["qwen3", qwen3],
  ["qwen3_moe", qwen3Moe],
]);
