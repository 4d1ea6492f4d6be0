import { PRICES } from "../../engine/price/prices.ts";
import type { PriceTable } from "../../engine/trace/schema.ts";

/** A list of today to write prices into; free until somebody does. */
export function emptyList(name: string, source: string): PriceTable {
  return {
    name,
    source,
    date: new Date().toISOString().slice(0, 10),
    currency: "USD",
    perMillion: { input: 0, cachedInput: null, output: 0, reasoning: null },
    offPeak: null,
    maxInputTokens: null,
  };
}

/** Lists that the picture begins with; every number in them can be edited in place. */
export const DEFAULT_PRICES: readonly PriceTable[] = [
  PRICES["deepseek-v3.2"],
  PRICES["deepseek-v3"],
  PRICES["gpt-4o"],
  emptyList("your own", "edit this row"),
];
