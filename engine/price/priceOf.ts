import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import type { PriceRecord, PriceTable, UsageRecord } from "../trace/schema.ts";
import { checkPriceTable } from "./checkPriceTable.ts";
import { type Decimal, decimalOf, numberOf, shifted, sum, times } from "./decimal.ts";
import { isOffPeak } from "./offPeak.ts";
import { checkUsage } from "./usage.ts";

/** When a call was made. */
export interface PriceOptions {
  /** The moment that decides whether off-peak prices hold; DeepSeek takes the one at which a request ended. Default: none do. */
  readonly at?: Date;
}

export const PRICE_OPTIONS: OptionNames<PriceOptions> = { at: true };

/**
 * What a usage costs by a price list: tokens of each kind times their price. Reckoned in decimals: every number is the one
 * nearest to the exact amount, and so is the total.
 * @throws InputError ERR_USAGE, ERR_PRICE_TABLE, ERR_OPTION; ERR_PRICE_LIMIT where the list has no price for so long an input
 */
export function priceOf(
  usage: UsageRecord,
  table: PriceTable,
  options: PriceOptions = {},
): PriceRecord {
  checkOptions("priceOf", options, PRICE_OPTIONS);
  checkUsage("priceOf usage", usage);
  checkPriceTable("priceOf table", table);
  checkMoment("priceOf", options.at);
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage;
  if (table.maxInputTokens !== null && inputTokens > table.maxInputTokens)
    throw new InputError(
      "ERR_PRICE_LIMIT",
      `priceOf: expected at most ${table.maxInputTokens} input tokens, for which ${JSON.stringify(table.name)} has prices, got ${inputTokens}. Give a list with the prices of longer prompts.`,
    );
  const isOther = options.at !== undefined && isOffPeak(table, options.at);
  const prices = isOther && table.offPeak !== null ? table.offPeak.perMillion : table.perMillion;
  const amount = (tokens: number, perMillion: number): Decimal =>
    shifted(times(decimalOf(perMillion), tokens), -6);
  const input = amount(inputTokens - cachedInputTokens, prices.input);
  const cachedInput = amount(cachedInputTokens, prices.cachedInput ?? prices.input);
  const output = amount(outputTokens - reasoningTokens, prices.output);
  const reasoning = amount(reasoningTokens, prices.reasoning ?? prices.output);
  return {
    currency: table.currency,
    input: numberOf(input),
    cachedInput: numberOf(cachedInput),
    output: numberOf(output),
    reasoning: numberOf(reasoning),
    total: numberOf(sum([input, cachedInput, output, reasoning])),
    isOffPeak: isOther,
  };
}

/** @throws InputError ERR_OPTION where `at` is given and is no moment */
export function checkMoment(what: string, at: unknown): void {
  if (at === undefined || (at instanceof Date && !Number.isNaN(at.getTime()))) return;
  throw new InputError(
    "ERR_OPTION",
    `${what} at: expected a Date, got ${at instanceof Date ? "an invalid one" : JSON.stringify(at)}. Write new Date("2025-02-26T18:00:00Z").`,
  );
}
