import type { AttentionTile, RunRecord } from "../../engine/trace/schema.ts";
import { runName } from "../render/runSource.ts";

export type ScaleName = "linear" | "log" | "rank";
export type Direction = "from" | "to";

/** Weights below this are drawn as zero on the log scale; the legend says so. */
export const LOG_FLOOR = 1e-4;

/** A thumbnail has at most this many cells on a side, and fewer where there are very many heads. */
const THUMBNAIL_CELLS = 40;
const SMALL_THUMBNAIL_CELLS = 16;
/** More thumbnails than this are small, and are sent layer by layer when the page asks. */
export const MANY_HEADS = 256;

/** Most cells on a side of one head's detail: 512 x 512 x 4 bytes is 1 MB. */
export const DETAIL_CELLS = 512;

/** Synced with the page: small, JSON plus one buffer. */
export interface AttentionState {
  readonly runId: string;
  readonly subtitle: string;
  readonly nLayers: number;
  /** Of the layer that has the most. */
  readonly nHeads: number;
  readonly headsByLayer: readonly number[];
  readonly tokenTexts: readonly string[];
  readonly tokenIds: readonly number[];
  readonly thumbnailPool: number;
  /** (layers, nHeads, n, n) f32, max-pooled, n = ceil(T / pool), 0 for heads that a layer lacks; empty where there are too many heads to send at once. */
  readonly thumbnails: ArrayBufferView | ArrayBuffer;
  /** (layers, nHeads, METRICS) f32, 0 for heads that a layer lacks; empty until asked for. */
  readonly metrics: ArrayBufferView | ArrayBuffer;
}

/** Side of the blocks of tokens that one cell of a thumbnail stands for. */
export function thumbnailPool(nTokens: number, nAllHeads: number): number {
  const cells = nAllHeads > MANY_HEADS ? SMALL_THUMBNAIL_CELLS : THUMBNAIL_CELLS;
  return Math.max(1, Math.ceil(nTokens / cells));
}

export const METRICS = ["previous", "induction", "self", "first", "entropy"] as const;
export type Metric = (typeof METRICS)[number];

export const METRIC_LABELS: Readonly<Record<Metric, string>> = {
  previous: "previous token",
  induction: "induction",
  self: "self",
  first: "first token (sink)",
  entropy: "entropy",
};

/** What each metric means, with its unit. */
export const METRIC_MEANINGS: Readonly<Record<Metric, string>> = {
  previous: "mean weight on the token before the query",
  induction:
    "mean weight on tokens that follow an earlier copy of the query's token; NaN if no token repeats",
  self: "mean weight on the query itself",
  first: "mean weight on the first token, queries after it",
  entropy: "mean Shannon entropy of a query's weights, in bits",
};

/** Sums of a head's metrics over queries; rows can come in strips. */
export interface MetricSums {
  readonly sums: Float64Array; // METRICS order
  readonly counts: Float64Array;
}

export function emptyMetricSums(): MetricSums {
  return {
    sums: new Float64Array(METRICS.length),
    counts: new Float64Array(METRICS.length),
  };
}

/** Adds one query's exact weights, keys 0..query, to the sums. */
export function addQuery(
  into: MetricSums,
  row: Float32Array,
  query: number,
  tokenIds: readonly number[],
): void {
  const add = (metric: Metric, value: number): void => {
    const i = METRICS.indexOf(metric);
    into.sums[i] = (into.sums[i] ?? 0) + value;
    into.counts[i] = (into.counts[i] ?? 0) + 1;
  };
  add("self", row[query] ?? 0);
  add("entropy", entropyBits(row.subarray(0, query + 1)));
  if (query === 0) return;
  add("previous", row[query - 1] ?? 0);
  add("first", row[0] ?? 0);
  let induced = 0;
  let hasCopy = false;
  for (let key = 1; key <= query; key++) {
    if (tokenIds[key - 1] !== tokenIds[query]) continue;
    hasCopy = true;
    induced += row[key] ?? 0;
  }
  if (hasCopy) add("induction", induced);
}

/** The means, in METRICS order; NaN where no query counted. */
export function metricMeans({ sums, counts }: MetricSums): Float32Array {
  return Float32Array.from(sums, (sum, i) => sum / (counts[i] ?? 0));
}

/** Shannon entropy of weights that sum to 1. */
export function entropyBits(weights: Float32Array): number {
  let bits = 0;
  for (const w of weights) if (w > 0) bits -= w * Math.log2(w);
  return bits;
}

export interface ShadeOptions {
  readonly scale: ScaleName;
  /** Leave the first token's column out, and scale by what is left. */
  readonly hideFirst: boolean;
  /** The largest weight that is drawn: full strength on the linear scale. */
  readonly max: number;
}

/** Cells of a tile that no query may see. */
export const MASKED = -1;
export const HIDDEN = -2;

/** The tile's cells as strengths 0..1; MASKED for the future, HIDDEN for a left-out first token; NaN stays NaN. */
export function shadeTile(tile: AttentionTile, options: ShadeOptions): Float32Array {
  const { rows, columns, pool, weights } = tile;
  const shades = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const lastQuery = tile.queryStart + (r + 1) * pool - 1;
    const nVisible = Math.min(
      columns,
      Math.max(0, Math.floor((lastQuery - tile.keyStart) / pool) + 1),
    );
    const first = options.hideFirst && tile.keyStart === 0 ? 1 : 0;
    const row = weights.subarray(r * columns, r * columns + nVisible);
    const shadeRow = shades.subarray(r * columns, (r + 1) * columns);
    shadeRow.fill(MASKED, nVisible);
    if (first === 1 && nVisible > 0) shadeRow[0] = HIDDEN;
    if (options.scale === "rank") rankRow(row, first, shadeRow);
    else
      for (let c = first; c < nVisible; c++)
        shadeRow[c] = shade(row[c] ?? Number.NaN, options.scale, options.max);
  }
  return shades;
}

/** One weight as a strength 0..1. */
export function shade(weight: number, scale: "linear" | "log", max: number): number {
  if (Number.isNaN(weight)) return Number.NaN;
  if (max <= 0) return 0;
  if (scale === "linear") return Math.min(1, weight / max);
  const low = Math.log(LOG_FLOOR);
  const high = Math.log(Math.max(max, LOG_FLOOR * 10));
  return weight <= LOG_FLOOR ? 0 : Math.min(1, (Math.log(weight) - low) / (high - low));
}

function rankRow(row: Float32Array, first: number, into: Float32Array): void {
  const order = Array.from(row.keys())
    .slice(first)
    .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
  order.forEach((column, rank) => {
    into[column] = 1 - rank / order.length;
  });
}

/** The largest weight among the cells that are drawn. */
export function largestWeight(tile: AttentionTile, hideFirst: boolean): number {
  const skip = hideFirst && tile.keyStart === 0;
  let max = 0;
  tile.weights.forEach((w, i) => {
    if (w > max && !(skip && i % tile.columns === 0)) max = w;
  });
  return max;
}

export interface TopKey {
  readonly position: number;
  readonly weight: number;
}

/** The strongest entries of a row or column, largest first, and the mass of those left out. */
export function strongest(
  weights: Float32Array,
  count: number,
): { readonly top: readonly TopKey[]; readonly nOthers: number; readonly othersMass: number } {
  const all = Array.from(weights, (weight, position) => ({ position, weight }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.position - b.position);
  const rest = all.slice(count);
  return {
    top: all.slice(0, count),
    nOthers: rest.length,
    othersMass: rest.reduce((sum, { weight }) => sum + weight, 0),
  };
}

/** How many heads the layers have, in words. */
export function headCounts(headsByLayer: readonly number[]): string {
  const [least, most] = [Math.min(...headsByLayer), Math.max(...headsByLayer)];
  return least === most ? `${most} heads` : `${least} to ${most} heads`;
}

/**
 * Order in which heads are drawn: as they are, or by a metric, strongest first, NaN last.
 * @param metrics (layers, the most heads of a layer, METRICS)
 */
export function sortHeads(
  headsByLayer: readonly number[],
  metrics: Float32Array,
  by: Metric | "layer",
): readonly { readonly layer: number; readonly head: number; readonly value: number }[] {
  const at = by === "layer" ? -1 : METRICS.indexOf(by);
  const nHeads = Math.max(...headsByLayer);
  const metricOf = (layer: number, head: number): number =>
    metrics[(layer * nHeads + head) * METRICS.length + at] ?? Number.NaN;
  const heads = headsByLayer.flatMap((count, layer) =>
    Array.from({ length: count }, (_, head) => ({
      layer,
      head,
      value: at < 0 ? Number.NaN : metricOf(layer, head),
    })),
  );
  if (at < 0) return heads;
  const key = (value: number): number => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value);
  return heads.sort((a, b) => key(b.value) - key(a.value) || a.layer - b.layer || a.head - b.head);
}

/** Two lines for a page that shows text alone. */
export function attentionText(record: RunRecord): string {
  const { model, tokens } = record;
  return `Attention of ${runName(record)}: ${model.nLayers} layers x ${headCounts(model.headsByLayer)} over ${tokens.length} tokens.\nOpen the notebook with a kernel to look into one head.`;
}
