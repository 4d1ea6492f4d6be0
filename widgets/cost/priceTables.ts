import type { PriceTable } from "../../engine/trace/schema.ts";

/**
 * Public price lists of well-known services, as a start for the reader's own. Prices change: each row says whose list it
 * is and when it held, and every number in it can be edited in place.
 */
export const DEFAULT_PRICES: readonly PriceTable[] = [
  {
    name: "DeepSeek-V3.2 API",
    source: "api-docs.deepseek.com, December 2025",
    usdPerMTokInput: 0.28,
    usdPerMTokCachedInput: 0.028,
    usdPerMTokOutput: 0.42,
  },
  {
    name: "DeepSeek-V3 API",
    source: "api-docs.deepseek.com, February 2025",
    usdPerMTokInput: 0.27,
    usdPerMTokCachedInput: 0.07,
    usdPerMTokOutput: 1.1,
  },
  {
    name: "OpenAI GPT-4o API",
    source: "platform.openai.com, May 2025",
    usdPerMTokInput: 2.5,
    usdPerMTokCachedInput: 1.25,
    usdPerMTokOutput: 10,
  },
  {
    name: "your own",
    source: "edit this row",
    usdPerMTokInput: 0,
    usdPerMTokCachedInput: 0,
    usdPerMTokOutput: 0,
  },
];
