import type { Architecture } from "./architecture.ts";
import { deepseekV2 } from "./deepseekV2.ts";
import { deepseekV3 } from "./deepseekV3.ts";
import { deepseekV32 } from "./deepseekV32.ts";
import { glm4Moe } from "./glm4Moe.ts";
import { glm4MoeLite } from "./glm4MoeLite.ts";
import { gpt2 } from "./gpt2.ts";
import { gptOss } from "./gptOss.ts";
import { kimiK2 } from "./kimiK2.ts";
import { llama } from "./llama.ts";
import { mistral } from "./mistral.ts";
import { mixtral } from "./mixtral.ts";
import { olmoe } from "./olmoe.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3, qwen3Moe } from "./qwen3.ts";
import { smollm3 } from "./smollm3.ts";

/** By model_type of config.json. */
export const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ["deepseek_v2", deepseekV2],
  ["deepseek_v3", deepseekV3],
  ["deepseek_v32", deepseekV32],
  ["glm4_moe", glm4Moe],
  ["glm4_moe_lite", glm4MoeLite],
  ["gpt2", gpt2],
  ["gpt_oss", gptOss],
  ["kimi_k2", kimiK2],
  ["llama", llama],
  ["mistral", mistral],
  ["mixtral", mixtral],
  ["olmoe", olmoe],
  ["qwen2", qwen2],
  ["qwen3", qwen3],
  ["qwen3_moe", qwen3Moe],
  ["smollm3", smollm3],
]);
