import type { OffPeakHours, PriceTable } from "../trace/schema.ts";

const DEEPSEEK = "api-docs.deepseek.com/quick_start/pricing";
const OPENAI = "platform.openai.com/docs/pricing";

/** 00:30 to 08:30 in Beijing: from 26 February to 5 September 2025. */
const NIGHT: readonly OffPeakHours[] = [{ fromUtc: "16:30", untilUtc: "00:30", days: null }];

const WEEKDAYS = [1, 2, 3, 4, 5];

/** All but 01:00 to 04:00 and 06:00 to 10:00 from Monday to Friday; China's public holidays, when all hours are, are not among them. */
const OUTSIDE_OFFICES: readonly OffPeakHours[] = [
  { fromUtc: "10:00", untilUtc: "01:00", days: WEEKDAYS },
  { fromUtc: "04:00", untilUtc: "06:00", days: WEEKDAYS },
  { fromUtc: "00:00", untilUtc: "00:00", days: [6, 7] },
];

const LISTS = {
  "deepseek-v3": {
    name: "DeepSeek-V3 API",
    source: DEEPSEEK,
    date: "2025-02-26",
    currency: "USD",
    perMillion: { input: 0.27, cachedInput: 0.07, output: 1.1, reasoning: null },
    offPeak: {
      hours: NIGHT,
      perMillion: { input: 0.135, cachedInput: 0.035, output: 0.55, reasoning: null },
    },
    maxInputTokens: null,
  },
  "deepseek-r1": {
    name: "DeepSeek-R1 API",
    source: DEEPSEEK,
    date: "2025-02-26",
    currency: "USD",
    perMillion: { input: 0.55, cachedInput: 0.14, output: 2.19, reasoning: null },
    offPeak: {
      hours: NIGHT,
      perMillion: { input: 0.135, cachedInput: 0.035, output: 0.55, reasoning: null },
    },
    maxInputTokens: null,
  },
  "deepseek-v3.2": {
    name: "DeepSeek-V3.2 API",
    source: DEEPSEEK,
    date: "2025-12-09",
    currency: "USD",
    perMillion: { input: 0.28, cachedInput: 0.028, output: 0.42, reasoning: null },
    offPeak: null,
    maxInputTokens: null,
  },
  "deepseek-v4-pro": {
    name: "DeepSeek-V4-Pro API",
    source: DEEPSEEK,
    date: "2026-10-27",
    currency: "USD",
    perMillion: { input: 1.32, cachedInput: 0.044, output: 3.96, reasoning: null },
    offPeak: {
      hours: OUTSIDE_OFFICES,
      perMillion: { input: 0.66, cachedInput: 0.022, output: 1.98, reasoning: null },
    },
    maxInputTokens: null,
  },
  "gpt-4o": {
    name: "OpenAI GPT-4o API",
    source: OPENAI,
    date: "2025-05",
    currency: "USD",
    perMillion: { input: 2.5, cachedInput: 1.25, output: 10, reasoning: null },
    offPeak: null,
    maxInputTokens: null,
  },
  o1: {
    name: "OpenAI o1 API",
    source: OPENAI,
    date: "2025-02",
    currency: "USD",
    perMillion: { input: 15, cachedInput: 7.5, output: 60, reasoning: null },
    offPeak: null,
    maxInputTokens: null,
  },
  "claude-sonnet-5": {
    name: "Anthropic Claude Sonnet 5 API",
    source: "platform.claude.com/docs/en/about-claude/pricing",
    date: "2026-10",
    currency: "USD",
    perMillion: { input: 2, cachedInput: 0.2, output: 10, reasoning: null },
    offPeak: null,
    maxInputTokens: null,
  },
} satisfies Readonly<Record<string, PriceTable>>;

/** Models that `PRICES` has a list of. */
export type PricedModel = keyof typeof LISTS;

/** Public price lists of well-known services. Prices change: each says whose it is and when it held. */
export const PRICES: Readonly<Record<PricedModel, PriceTable>> = LISTS;
