import type { Architecture } from "./architecture.ts";
import { deepseekV3 } from "./deepseekV3.ts";

/**
 * Kimi K2: DeepSeek-V3 with more experts, fewer heads and no groups; its checkpoints bring a copy of V3's config class.
 * arXiv:2507.20534
 */
export const kimiK2: Architecture = { ...deepseekV3 };
