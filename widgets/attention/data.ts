import { HEAD_METRICS, type HeadMetric, type RunRecord } from "../../engine/trace/schema.ts";
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

/** Most cells of an answer, or a row of the map where that is longer: 256 Ki of 4 bytes are 1 MB. */
export const MOST_CELLS = 2 ** 18;

/** Pairs of tokens of a head that a small map looks at; of longer texts it is a sample. */
const THUMBNAIL_PAIRS = 2 ** 19;
/** Pairs of all heads together that metrics look at; of more they are of a sample of queries. */
const METRIC_PAIRS = 2 ** 31;

/** Synced with the page: small, JSON plus one buffer. */
export interface AttentionState {
  readonly runId: string;
  readonly subtitle: string;
  readonly nLayers: number;
  /** Of the layer that has the most. */
  readonly nHeads: number;
  readonly headsByLayer: readonly number[];
  readonly tokenTexts: readonly string[];
  readonly thumbnailPool: number;
  /** Of a block's queries every so many-th is in a small map; 1: all of them. */
  readonly thumbnailStep: number;
  /** Of all queries every so many-th is in the metrics; 1: all of them. */
  readonly metricStep: number;
  /** Runs that heads' metrics can be averaged over, the picture's among them. */
  readonly nRuns: number;
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

export function thumbnailStep(nTokens: number, pool: number): number {
  return Math.min(pool, Math.ceil(nTokens ** 2 / 2 / THUMBNAIL_PAIRS));
}

export function metricStep(nTokens: number, nAllHeads: number): number {
  const most = Math.max(1, nTokens >> 5);
  return Math.min(most, Math.ceil((nAllHeads * nTokens ** 2) / 2 / METRIC_PAIRS));
}

export const METRICS = HEAD_METRICS;
export type Metric = HeadMetric;

export const METRIC_LABELS: Readonly<Record<Metric, string>> = {
  previous: "previous token",
  induction: "induction",
  self: "self",
  first: "first token (sink)",
  entropy: "entropy",
  duplicate: "duplicate token",
  distance: "distance",
};

/** Of those that are no weights, and have no largest value. */
export const METRIC_UNITS: Readonly<Partial<Record<Metric, string>>> = {
  entropy: "bits",
  distance: "tokens",
};

/** What each metric means, with its unit. */
export const METRIC_MEANINGS: Readonly<Record<Metric, string>> = {
  previous: "mean weight on the token before the query",
  induction:
    "mean weight on tokens that follow an earlier copy of the query's token; NaN if no token repeats",
  self: "mean weight on the query itself",
  first: "mean weight on the first token, queries after it",
  entropy: "mean Shannon entropy of a query's weights, in bits",
  duplicate: "mean weight on earlier copies of the query's token; NaN if no token repeats",
  distance: "mean distance from a query to its keys, by their weights, in tokens",
};

export interface ShadeOptions {
  readonly scale: ScaleName;
  /** First tokens whose columns are left out. */
  readonly nHidden: number;
  /** The largest weight that is drawn: full strength on the linear scale. */
  readonly max: number;
}

/** Cells of a map that no query may see, that were left out, and that are on their way. */
export const MASKED = -1;
export const HIDDEN = -2;
export const UNKNOWN = -3;

/** Cells of a map: blocks of pool x pool tokens. */
export interface Cells {
  readonly queryStart: number;
  readonly keyStart: number;
  readonly rows: number;
  readonly columns: number;
  readonly pool: number;
  readonly weights: Float32Array; // (rows, columns)
}

/** Columns in which a hidden token is. */
function hiddenColumns({ keyStart, pool }: Cells, nHidden: number): number {
  return Math.max(0, Math.ceil((nHidden - keyStart) / pool));
}

/** The cells as strengths 0..1; MASKED for the future, HIDDEN for left-out tokens, UNKNOWN as it is; NaN stays NaN. */
export function shadeTile(tile: Cells, options: ShadeOptions): Float32Array {
  const { rows, columns, pool, weights } = tile;
  const shades = new Float32Array(rows * columns);
  const hidden = hiddenColumns(tile, options.nHidden);
  for (let r = 0; r < rows; r++) {
    const lastQuery = tile.queryStart + (r + 1) * pool - 1;
    const nVisible = Math.min(
      columns,
      Math.max(0, Math.floor((lastQuery - tile.keyStart) / pool) + 1),
    );
    const first = Math.min(hidden, nVisible);
    const row = weights.subarray(r * columns, r * columns + nVisible);
    const shadeRow = shades.subarray(r * columns, (r + 1) * columns);
    shadeRow.fill(MASKED, nVisible);
    shadeRow.fill(HIDDEN, 0, first);
    if (options.scale === "rank") rankRow(row, first, shadeRow);
    else
      for (let c = first; c < nVisible; c++)
        shadeRow[c] = shade(row[c] ?? Number.NaN, options.scale, options.max);
  }
  return shades;
}

/** What counts as nothing on the log scale. */
export function logFloor(max: number): number {
  return LOG_FLOOR * Math.min(1, max);
}

/** One weight as a strength 0..1. */
export function shade(weight: number, scale: "linear" | "log", max: number): number {
  if (Number.isNaN(weight) || weight === UNKNOWN) return weight;
  if (max <= 0) return 0;
  if (scale === "linear") return Math.min(1, weight / max);
  const floor = logFloor(max);
  if (weight <= floor) return 0;
  return Math.min(1, Math.log(weight / floor) / Math.log(Math.max(10, max / floor)));
}

function rankRow(row: Float32Array, first: number, into: Float32Array): void {
  const order = Array.from(row.keys())
    .slice(first)
    .filter((column) => row[column] !== UNKNOWN)
    .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
  into.fill(UNKNOWN, first, row.length);
  order.forEach((column, rank) => {
    into[column] = 1 - rank / order.length;
  });
}

/** The largest weight among the cells that are drawn. */
export function largestWeight(tile: Cells, nHidden: number): number {
  const skip = hiddenColumns(tile, nHidden);
  const { columns, weights } = tile;
  let max = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    if (weight > max && i % columns >= skip) max = weight;
  }
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

/** Two lines for a page that shows text alone. */
export function attentionText(record: RunRecord): string {
  const { model, tokens } = record;
  return `Attention of ${runName(record)}: ${model.nLayers} layers x ${headCounts(model.headsByLayer)} over ${tokens.length} tokens.\nOpen the notebook with a kernel to look into one head.`;
}
