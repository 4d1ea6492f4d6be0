import type { RoutingRecord } from "../../engine/trace/schema.ts";

/** A place of two texts laid beside each other: a token of both, or of one of them alone, which then is -1 in the other. */
export interface AlignedColumn {
  readonly own: number;
  readonly other: number;
}

/**
 * Two texts beside each other: what stands between two pairs is the own text's first, then the other's.
 * @param partners as `alignTokens` gives them
 * @param nOther tokens of the other text
 */
export function alignedColumns(partners: Int32Array, nOther: number): AlignedColumn[] {
  const columns: AlignedColumn[] = [];
  let next = 0;
  partners.forEach((partner, own) => {
    while (partner >= 0 && next < partner) columns.push({ own: -1, other: next++ });
    columns.push({ own, other: partner });
    if (partner >= 0) next = partner + 1;
  });
  while (next < nOther) columns.push({ own: -1, other: next++ });
  return columns;
}

/** How many columns there are of each kind. */
export interface AlignedCounts {
  readonly aligned: number;
  /** In this run alone. */
  readonly removed: number;
  /** In the compared run alone. */
  readonly inserted: number;
}

export function alignedCounts(columns: readonly AlignedColumn[]): AlignedCounts {
  const removed = columns.filter(({ other }) => other < 0).length;
  const inserted = columns.filter(({ own }) => own < 0).length;
  return { aligned: columns.length - removed - inserted, removed, inserted };
}

/** Experts of one token in one layer that another token is not sent to. */
export function nDifferent(own: Int32Array, other: Int32Array): number {
  let different = 0;
  for (const expert of own) if (expert >= 0 && !other.includes(expert)) different += 1;
  return different;
}

/** Experts that the own token is sent to and its partner is not, (layers, columns) f32; NaN where one of them is missing. */
export function comparedRoutes(
  own: RoutingRecord,
  other: RoutingRecord,
  columns: readonly AlignedColumn[],
): Float32Array {
  const chosen = (
    { indices, nTokens, nExpertsPerToken: k }: RoutingRecord,
    row: number,
    token: number,
  ): Int32Array => indices.subarray((row * nTokens + token) * k, (row * nTokens + token + 1) * k);
  return Float32Array.from({ length: own.layers.length * columns.length }, (_, cell) => {
    const row = Math.floor(cell / columns.length);
    const column = columns[cell % columns.length];
    if (column === undefined || column.own < 0 || column.other < 0) return Number.NaN;
    return nDifferent(chosen(own, row, column.own), chosen(other, row, column.other));
  });
}

/** The most of every block of columns, (layers, cells); NaN where it has none. */
export function mostDifferent(different: Float32Array, nColumns: number, pool: number) {
  const nLayers = nColumns === 0 ? 0 : different.length / nColumns;
  const cells = Math.ceil(nColumns / pool);
  const most = new Float32Array(nLayers * cells).fill(Number.NaN);
  different.forEach((value, i) => {
    const at = Math.floor(i / nColumns) * cells + Math.floor((i % nColumns) / pool);
    if (!Number.isNaN(value) && !((most[at] as number) >= value)) most[at] = value;
  });
  return most;
}

/** Columns of two texts that a page draws as one: it has at most 1,024 cells of them. */
export const poolOf = (nColumns: number): number => Math.max(1, Math.ceil(nColumns / 1024));

/** "9 tokens aligned by a longest common subsequence, 2 in this run alone, 3 in the compared run alone" */
export function countsText({ aligned, removed, inserted }: AlignedCounts): string {
  return `${aligned} ${aligned === 1 ? "token" : "tokens"} aligned by a longest common subsequence, ${removed} in this run alone, ${inserted} in the compared run alone`;
}

/** A line for a page that shows text alone. */
export function comparedText(
  own: RoutingRecord,
  other: RoutingRecord,
  columns: readonly AlignedColumn[],
): string {
  const counts = alignedCounts(columns);
  const different = comparedRoutes(own, other, columns).filter((n) => !Number.isNaN(n));
  const changed = different.reduce((sum, n) => sum + n, 0);
  const choices = different.length * own.nExpertsPerToken;
  return `compared run: ${countsText(counts)}; of ${choices} choices of aligned tokens ${changed} differ`;
}
