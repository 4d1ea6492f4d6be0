import type {
  ClassCost,
  CostClass,
  CostRecord,
  PriceTable,
  RooflineRecord,
  TokenCost,
} from "../../engine/trace/schema.ts";

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
