import { priceTableFault } from "../../engine/price/checkPriceTable.ts";
import { priceOf } from "../../engine/price/priceOf.ts";
import type {
  CostRecord,
  PriceTable,
  RunRecord,
  TokenPrices,
  UsageRecord,
} from "../../engine/trace/schema.ts";
import { millionthOf, money } from "../render/formatNumber.ts";

/** What a service would count of a run. Cached is what the engine's own cache shared. */
export function usageIn(
  tokens: readonly { readonly thinking?: true }[],
  { sharedPrefixTokens }: Pick<CostRecord, "sharedPrefixTokens">,
  nGenerated: number,
): UsageRecord {
  return {
    inputTokens: tokens.length - nGenerated,
    cachedInputTokens: sharedPrefixTokens,
    outputTokens: nGenerated,
    reasoningTokens: tokens.filter(({ thinking }) => thinking).length,
  };
}

/** What a service with one list would bill, in the list's currency. */
export interface Bill {
  readonly thisRun: number;
  readonly promptCached: number;
  /** Null where the list has one price all day. */
  readonly offPeak: number | null;
}

/** Null where the list has no price for so long a prompt. */
export function bill(table: PriceTable, usage: UsageRecord): Bill | null {
  if (table.maxInputTokens !== null && usage.inputTokens > table.maxInputTokens) return null;
  const { offPeak } = table;
  return {
    thisRun: priceOf(usage, table).total,
    promptCached: priceOf({ ...usage, cachedInputTokens: usage.inputTokens }, table).total,
    offPeak: offPeak && priceOf(usage, { ...table, perMillion: offPeak.perMillion }).total,
  };
}

/** Has the list any price in it? */
const isPriced = ({ perMillion: { input, output } }: PriceTable): boolean => input + output > 0;

/** What a list takes for a million tokens of a kind; for one token the same in millionths. */
function priceOfKind(
  { input, cachedInput, output, reasoning }: TokenPrices,
  kind: keyof TokenPrices,
): number {
  const own = { input, cachedInput, output, reasoning }[kind];
  return own ?? (kind === "cachedInput" ? input : output);
}

/** What each list bills for one token; lists that are still empty are left out. */
export function tokenPrices(
  prices: readonly PriceTable[],
  kind: keyof TokenPrices,
): readonly { readonly name: string; readonly unit: string; readonly amount: number }[] {
  return prices.filter(isPriced).map(({ name, currency, perMillion }) => ({
    name,
    unit: millionthOf(currency),
    amount: priceOfKind(perMillion, kind),
  }));
}

/** Is this a price list? What comes from a page is looked at before it is believed. */
export const isPriceTable = (value: unknown): value is PriceTable =>
  priceTableFault(value) === null;

/** What the lists would bill for the run's tokens, and for one of either kind. */
export function moneyLines(
  { tokens }: RunRecord,
  cost: Pick<CostRecord, "sharedPrefixTokens">,
  prices: readonly PriceTable[],
  nGenerated: number,
): string[] {
  const usage = usageIn(tokens, cost, nGenerated);
  return prices.filter(isPriced).map((table) => {
    const { name, source, date, currency, perMillion } = table;
    const amount = bill(table, usage)?.thisRun;
    const total = amount === undefined ? "no price for so long a prompt" : money(amount, currency);
    const unit = millionthOf(currency);
    return `${total}, a token ${perMillion.input} ${unit} in and ${perMillion.output} ${unit} out: ${name} (${siteOf(source)}, ${date})`;
  });
}

/** Whose page it is, where a line has no room for its address. */
const siteOf = (source: string): string => source.replace(/^https?:\/\//, "").replace(/\/.*/, "");
