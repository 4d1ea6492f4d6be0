import { priceTableFault } from "../../engine/price/checkPriceTable.ts";
import { priceOf } from "../../engine/price/priceOf.ts";
import type {
  ClassCost,
  CostClass,
  CostRecord,
  PriceTable,
  RooflineRecord,
  RunRecord,
  TokenCost,
  TokenPrices,
  UsageRecord,
} from "../../engine/trace/schema.ts";
import {
  byteCount,
  flopCount,
  millionthOf,
  milliseconds,
  money,
  percent,
  siNumber,
} from "../render/formatNumber.ts";
import { runName } from "../render/runSource.ts";

/** Numbers of one token in the packed table, in this order. */
export const FIELDS = [
  "flops",
  "weightBytes",
  "kvReadBytes",
  "kvWriteBytes",
  "durationMs",
] as const;
export type Field = (typeof FIELDS)[number];

/** The record without its tokens, which travel packed. */
export type CostTotals = Omit<CostRecord, "tokens" | "byClass">;

/** Synced with the page; `prices` both ways. */
export interface CostState {
  readonly runId: string;
  readonly subtitle: string;
  readonly tokenTexts: readonly string[];
  /** (T, FIELDS) f64; NaN where nothing was measured. */
  readonly costs: ArrayBufferView | ArrayBuffer;
  /** Tokens that were processed in decode steps; the rest was prefilled. */
  readonly decoded: readonly number[];
  /** Tokens the model generated: what a service would bill as output. */
  readonly nGenerated: number;
  /** Positions of generated tokens that are reasoning. */
  readonly thinking: readonly number[];
  readonly totals: CostTotals;
  /** (T, totals.classes, 4) f64 */
  readonly byClass: ArrayBufferView | ArrayBuffer;
  readonly prices: readonly PriceTable[];
  readonly contextLength: number;
  /** The run under a device's limits; null where none was given. */
  readonly roofline: RooflineRecord | null;
}

export function packCosts(tokens: readonly TokenCost[]): Float64Array {
  const packed = new Float64Array(tokens.length * FIELDS.length);
  tokens.forEach((token, t) => {
    FIELDS.forEach((field, f) => {
      packed[t * FIELDS.length + f] = token[field] ?? Number.NaN;
    });
  });
  return packed;
}

export function costAt(costs: Float64Array, token: number, field: Field): number {
  return costs[token * FIELDS.length + FIELDS.indexOf(field)] ?? Number.NaN;
}

/** What a quantity takes of each token, where there are two tokens at least and all take the same; null otherwise. */
export function sameForAll(values: readonly number[]): number | null {
  const [first = Number.NaN] = values;
  // Shares of one step are rounded: what differs in the last digits is the same.
  const isSame = values.every((value) => Math.abs(value - first) <= 1e-9 * Math.abs(first));
  return values.length > 1 && isSame ? first : null;
}

/** The line that stands in the place of bars that would all be as high. */
export const sameText = (amount: string, nTokens: number, provenance: string): string =>
  `${amount} a token, the same for all ${nTokens} (${provenance})`;

/** Parts of the model in words. */
export const CLASS_NAMES: Readonly<Record<CostClass, string>> = {
  embedding: "embedding",
  norms: "norms",
  attentionProjections: "attention projections",
  attentionScores: "attention scores",
  indexer: "indexer",
  router: "router",
  routedExperts: "routed experts",
  sharedExpert: "shared expert",
  dense: "dense feed-forward",
  residual: "residual stream",
  mtp: "drafting (MTP)",
  head: "head",
};

/** What a part of the model takes. */
export interface ClassRow {
  readonly costClass: CostClass;
  readonly parameters: number;
  readonly flops: number;
  readonly weightBytes: number;
  readonly kvBytes: number;
}

/**
 * Parts that cost anything, of all tokens or of one.
 * @param byClass (T, classes, 4) f64: FLOPs, weight bytes, cache bytes read and written
 */
export function classRows(
  classes: readonly ClassCost[],
  byClass: Float64Array,
  token: number | null,
): ClassRow[] {
  const rows = classes.map((all, c) => {
    const at = ((token ?? 0) * classes.length + c) * 4;
    const [flops = 0, weightBytes = 0, kvReadBytes = 0, kvWriteBytes = 0] =
      token === null
        ? [all.flops, all.weightBytes, all.kvReadBytes, all.kvWriteBytes]
        : byClass.subarray(at, at + 4);
    const { costClass, parameters } = all;
    return { costClass, parameters, flops, weightBytes, kvBytes: kvReadBytes + kvWriteBytes };
  });
  return rows.filter((_, c) => {
    const all = classes[c];
    return all !== undefined && all.parameters + all.flops + all.kvReadBytes + all.kvWriteBytes > 0;
  });
}

export interface PhaseTotals {
  readonly nTokens: number;
  readonly flops: number;
  readonly weightBytes: number;
  readonly kvBytes: number;
  /** Null where a step was not timed. */
  readonly durationMs: number | null;
}

/** Sums over the tokens of one phase. */
export function phaseTotals(costs: Float64Array, tokens: readonly number[]): PhaseTotals {
  const sum = (field: Field): number =>
    tokens.reduce((total, token) => total + costAt(costs, token, field), 0);
  const durationMs = sum("durationMs");
  return {
    nTokens: tokens.length,
    flops: sum("flops"),
    weightBytes: sum("weightBytes"),
    kvBytes: sum("kvReadBytes") + sum("kvWriteBytes"),
    durationMs: tokens.length === 0 || Number.isNaN(durationMs) ? null : durationMs,
  };
}

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

/** Where most of a run's FLOPs and weight bytes go, largest first. */
function classesText({ classes }: Pick<CostRecord, "classes">): string {
  const shares = (quantity: "flops" | "weightBytes"): string => {
    const all = classes.reduce((sum, one) => sum + one[quantity], 0);
    return [...classes]
      .sort((a, b) => b[quantity] - a[quantity])
      .slice(0, 4)
      .filter((one) => one[quantity] > 0)
      .map((one) => `${CLASS_NAMES[one.costClass]} ${percent(one[quantity] / all)}`)
      .join(", ");
  };
  return `FLOPs: ${shares("flops")}; weights: ${shares("weightBytes")} (derived)`;
}

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

/** A phase's tokens, and how many of a prompt's were computed for another run of the batch. */
export function tokensText(cost: CostTotals, phase: TokenCost["phase"], nTokens: number): string {
  const { sharedPrefixTokens: nShared } = cost;
  return phase === "prefill" && nShared > 0
    ? `${nTokens} tokens, ${nShared} from a shared prefix`
    : `${nTokens} tokens`;
}

/** Parameters at work, in words. */
export function parametersText(cost: CostTotals): string {
  const { activeParameters, totalParameters, draftParameters } = cost;
  const drafts = draftParameters > 0 ? `, ${siNumber(draftParameters)} more to draft tokens` : "";
  return `${siNumber(activeParameters)} active of ${siNumber(totalParameters)}${drafts}`;
}

/** Is this a price list? What comes from a page is looked at before it is believed. */
export const isPriceTable = (value: unknown): value is PriceTable =>
  priceTableFault(value) === null;

/** Bars for a narrow picture: tokens merged into at most `most` bins, each the mean of its tokens. */
export function binned(
  nTokens: number,
  most: number,
): readonly { readonly start: number; readonly end: number }[] {
  const size = Math.max(1, Math.ceil(nTokens / most));
  return Array.from({ length: Math.ceil(nTokens / size) }, (_, i) => ({
    start: i * size,
    end: Math.min(nTokens, (i + 1) * size),
  }));
}

/** A few lines for a page that shows text alone. */
export function costText(
  record: RunRecord,
  cost: CostRecord,
  prices: readonly PriceTable[],
  nGenerated: number,
): string {
  const costs = packCosts(cost.tokens);
  const tokensOf = (phase: TokenCost["phase"]): number[] =>
    cost.tokens.flatMap((token, t) => (token.phase === phase ? [t] : []));
  const line = (phase: TokenCost["phase"]): string => {
    const sum = phaseTotals(costs, tokensOf(phase));
    if (sum.nTokens === 0) return `${phase}: no tokens`;
    const time = sum.durationMs === null ? "" : `, ${milliseconds(sum.durationMs)} (measured)`;
    return `${phase}: ${tokensText(cost, phase, sum.nTokens)}, ${flopCount(sum.flops)}, ${byteCount(sum.weightBytes)} of weights, ${byteCount(sum.kvBytes)} of KV cache traffic (derived)${time}`;
  };
  return [
    `Cost of ${runName(record)} on ${record.backend.name}`,
    line("prefill"),
    line("decode"),
    `KV cache: ${byteCount(cost.kvCacheBytes)}, ${byteCount(cost.kvBytesPerToken)} a token; with a key and value for every head it would be ${byteCount(cost.kvBytesPerTokenMha)} a token (derived)`,
    `parameters: ${parametersText(cost)}`,
    `most of it: ${classesText(cost)}`,
    ...moneyLines(record, cost, prices, nGenerated),
  ].join("\n");
}

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
