import type { CostRecord, RunRecord } from "../../engine/trace/schema.ts";
import { cacheRows, cacheText } from "../cost/cache/data.ts";
import { runName } from "../render/runSource.ts";

/** What a layer's cache holds, or what its heads would hold if each kept its own. */
export const PARTS = ["latent", "keys", "values", "index key"] as const;
export type Part = (typeof PARTS)[number];

/** What one cell of a block of numbers shows: their mean, or the one that is farthest from 0. */
export type PoolKind = "mean" | "farthest";
export type ScaleName = "linear" | "rank";

/** Most rows and columns of a picture: 256 x 768 x 4 bytes is three quarters of a megabyte. */
export const MOST_ROWS = 256;
export const MOST_COLUMNS = 768;
/** Most numbers that travel at once: 1 MB of f32. */
export const MOST_CELLS = 2 ** 18;

/** A site as `run.sites()` has it. */
export interface SiteSource {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  readonly availability: string;
}

/** A layer's attention as `model.spec` has it. */
export interface AttentionSource {
  readonly kind: "mla" | "gqa";
  /** Of MLA: columns of a key before those of the rotary key. */
  readonly dNope?: number;
}

/** Numbers of a layer that can be drawn as matrices, tokens down. */
export interface CachePart {
  readonly part: Part;
  readonly site: string;
  /** Matrices that there are, one for each head; 0: one for all heads. */
  readonly nHeads: number;
  readonly nColumns: number;
  /** First column of the rotary key that all heads share; null where there is none. */
  readonly rotaryFrom: number | null;
  readonly provenance: "measured" | "recomputed";
}

export interface CacheLayer {
  readonly kind: "mla" | "gqa";
  readonly parts: readonly CachePart[];
}

/** What the picture needs of a cost to tell bytes; a sentence where it was refused. */
export type CacheBytes =
  | Pick<CostRecord, "caches" | "kvBytesPerToken">
  | { readonly refusal: string };

/** Synced with the page: small. Numbers are asked for. */
export interface LatentState {
  readonly runId: string;
  readonly subtitle: string;
  readonly tokenTexts: readonly string[];
  readonly contextLength: number;
  readonly layers: readonly CacheLayer[];
  readonly bytes: CacheBytes;
}

/** Which matrix. */
export interface MatrixPlace {
  readonly layer: number;
  readonly part: Part;
  readonly head: number;
}

/** A rectangle of a matrix, and how many rows and columns of it become one cell. */
export interface TileWindow {
  readonly rowStart: number;
  readonly rowCount: number;
  readonly columnStart: number;
  readonly columnCount: number;
  readonly rowPool: number;
  readonly columnPool: number;
}

/** Of a whole matrix. The ends are those of its finite numbers, 0 where it has none. */
export interface MatrixStatistics {
  readonly min: number;
  readonly max: number;
  readonly largest: number;
  readonly nNotFinite: number;
}

/** The layers' caches, from the sites that a run has. @param sites as `run.sites()` gives them */
export function cacheLayers(
  sites: readonly SiteSource[],
  attentions: readonly AttentionSource[],
): CacheLayer[] {
  const byName = new Map(sites.map((site) => [site.name, site]));
  return attentions.map(({ kind, dNope }, layer) => {
    const find = (...names: readonly string[]): SiteSource | undefined =>
      names
        .map((name) => byName.get(`blocks.${layer}.attn.${name}`))
        .find((site) => site !== undefined);
    const found: readonly (readonly [Part, SiteSource | undefined])[] = [
      ["latent", find("hook_kv_latent")],
      ["keys", find("hook_rot_k", "hook_k")],
      ["values", find("hook_v")],
      ["index key", find("hook_index_rot_k")],
    ];
    const parts = found.flatMap(([part, site]) =>
      site === undefined
        ? []
        : [partOf(part, site, kind === "mla" && part === "keys" ? (dNope ?? null) : null)],
    );
    return { kind, parts };
  });
}

function partOf(part: Part, site: SiteSource, rotaryFrom: number | null): CachePart {
  const [heads, columns] = site.shape.length === 3 ? site.shape.slice(1) : [0, site.shape[1]];
  const nColumns = Number(columns);
  return {
    part,
    site: site.name,
    nHeads: Number(heads),
    nColumns,
    rotaryFrom: rotaryFrom === nColumns ? null : rotaryFrom,
    provenance: site.availability === "kept" ? "measured" : "recomputed",
  };
}

/** A window's numbers as cells (rows, columns); a block with a number that is not finite is NaN. */
export function poolMatrix(
  numbers: Float32Array,
  nColumns: number,
  window: TileWindow,
  kind: PoolKind,
): Float32Array {
  const { rowStart, rowCount, columnStart, columnCount, rowPool, columnPool } = window;
  const { rows, columns } = cellsOf(window);
  const cells = new Float32Array(rows * columns);
  if (rowPool === 1 && columnPool === 1) {
    for (let r = 0; r < rowCount; r++) {
      const from = (rowStart + r) * nColumns + columnStart;
      cells.set(numbers.subarray(from, from + columnCount), r * columns);
    }
    return cells;
  }
  const sums = new Float64Array(cells.length);
  for (let r = 0; r < rowCount; r++)
    for (let c = 0; c < columnCount; c++) {
      const x = numbers[(rowStart + r) * nColumns + columnStart + c] ?? Number.NaN;
      const at = Math.floor(r / rowPool) * columns + Math.floor(c / columnPool);
      const known = sums[at] ?? 0;
      if (kind === "mean") sums[at] = known + (Number.isFinite(x) ? x : Number.NaN);
      else if (!Number.isFinite(x)) sums[at] = Number.NaN;
      else if (Math.abs(x) > Math.abs(known)) sums[at] = x;
    }
  const side = (at: number, pool: number, count: number): number =>
    Math.min(pool, count - at * pool);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const size = side(r, rowPool, rowCount) * side(c, columnPool, columnCount);
      const sum = sums[r * columns + c] ?? 0;
      cells[r * columns + c] = kind === "mean" ? sum / size : sum;
    }
  return cells;
}

/** How many cells a window has on its sides. */
export function cellsOf(window: TileWindow): { readonly rows: number; readonly columns: number } {
  return {
    rows: Math.ceil(window.rowCount / window.rowPool),
    columns: Math.ceil(window.columnCount / window.columnPool),
  };
}

export function matrixStatistics(numbers: Float32Array): MatrixStatistics {
  let [min, max, nNotFinite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const x of numbers) {
    if (!Number.isFinite(x)) nNotFinite += 1;
    else {
      if (x < min) min = x;
      if (x > max) max = x;
    }
  }
  if (min > max) return { min: 0, max: 0, largest: 0, nNotFinite };
  return { min, max, largest: Math.max(Math.abs(min), Math.abs(max)), nNotFinite };
}

/**
 * Cells as strengths -1 to 1, NaN where they are not finite. Linear: by the largest absolute value of the whole matrix, so
 * that nothing is clipped. Rank: by the share of the cells that are at most as far from 0.
 */
export function shadeCells(cells: Float32Array, scale: ScaleName, largest: number): Float32Array {
  const byRank = scale === "rank" ? ranks(cells) : null;
  return cells.map((x) => {
    if (!Number.isFinite(x)) return Number.NaN;
    if (x === 0) return 0;
    return byRank === null ? x / largest : Math.sign(x) * byRank(Math.abs(x));
  });
}

function ranks(cells: Float32Array): (size: number) => number {
  const sizes = cells.filter(Number.isFinite).map(Math.abs).sort();
  return (size) => {
    let [low, high] = [0, sizes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sizes[middle] ?? 0) <= size) low = middle + 1;
      else high = middle;
    }
    return low / sizes.length;
  };
}

/** The euclidean length of a row. */
export function rowLength(row: Float32Array): number {
  let sum = 0;
  for (const x of row) sum += x * x;
  return Math.sqrt(sum);
}

/** "latent", "keys of head 2", "keys of head 2, from the latent" */
export function matrixName({ part, nHeads, provenance }: CachePart, head: number): string {
  if (nHeads === 0) return part;
  const from = provenance === "recomputed" ? ", from the latent" : "";
  return `${part} of head ${head}${from}`;
}

/** Where the numbers come from, in words. */
export function provenanceText({ provenance }: CachePart): string {
  return provenance === "measured"
    ? "measured: read from the cache"
    : "recomputed from the cached latent";
}

/** "9 of 17 tokens: MLA 25.3 kB · MHA 221 kB (derived)" */
export function growthText(bytes: CacheBytes, nShown: number, nTokens: number): string {
  const count = `${nShown} of ${nTokens} token${nTokens === 1 ? "" : "s"}`;
  return "refusal" in bytes
    ? count
    : `${count}: ${cacheText(cacheRows(bytes), nShown)} (derived, all layers)`;
}

/** What the picture is called: after the form that the layers' caches have. */
export function pictureTitle(layers: readonly CacheLayer[]): string {
  return layers.every(({ kind }) => kind === "mla") ? "Latent cache" : "KV cache";
}

/** Two lines for a page that shows text alone. */
export function latentText(
  record: RunRecord,
  layers: readonly CacheLayer[],
  bytes: CacheBytes,
): string {
  const nTokens = record.tokens.length;
  return `${pictureTitle(layers)} of ${runName(record)}: ${layers.length} layers, ${growthText(bytes, nTokens, nTokens)}.\nOpen the notebook with a kernel to read the numbers.`;
}
