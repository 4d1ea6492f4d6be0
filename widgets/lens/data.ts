import type { LensRecord } from "../../engine/trace/schema.ts";
import { alignedBuffer } from "../render/afm.ts";
import { percent } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";

/** What a lens says of each of S sites at each of P positions, row-major. Synced with the page; further tokens are asked for. */
export interface LensCells {
  readonly sites: readonly string[]; // (S)
  readonly positions: readonly number[]; // (P)
  /** (P) texts of the tokens at the positions. */
  readonly tokenTexts: readonly string[];
  /** (P) texts of the tokens that ranks and log probabilities are of; null where there is none. */
  readonly targetTexts: readonly (string | null)[];
  /** (P) their ids, -1 where there is none. */
  readonly targets: readonly number[];
  /** (S, P) the likeliest token. */
  readonly topIds: Int32Array;
  /** Texts of all ids in `topIds`. */
  readonly texts: Readonly<Record<string, string>>;
  /** (S, P) of the likeliest token. */
  readonly probabilities: Float32Array;
  /** (S, P) of the target, 0 for the likeliest; -1 without a target. */
  readonly ranks: Int32Array;
  /** (S, P) the target's, natural; NaN without a target. */
  readonly logProbs: Float32Array;
  readonly entropyBits: Float32Array; // (S, P)
}

export interface LensState extends LensCells {
  readonly runId: string;
  readonly subtitle: string;
  /** Tokens that are told of each cell. */
  readonly topK: number;
  /** Through a tuned lens. */
  readonly translated: boolean;
}

/** Tokens that a site says are likeliest, likeliest first. */
export interface Likeliest {
  readonly ids: readonly number[];
  readonly texts: readonly string[];
  readonly probabilities: readonly number[];
}

/** @param textOf of a token's id @param tokenTexts of the whole run */
export function lensCells(
  record: LensRecord,
  tokenTexts: readonly string[],
  textOf: (id: number) => string,
): LensCells {
  const { sites, positions, topK, targets, ranks, logProbs, entropyBits } = record;
  const nCells = sites.length * positions.length;
  const firsts = Array.from({ length: nCells }, (_, cell) => cell * topK);
  const topIds = Int32Array.from(firsts, (at) => record.ids[at] ?? -1);
  return {
    sites,
    positions: [...positions],
    tokenTexts: Array.from(positions, (position) => tokenTexts[position] ?? ""),
    targetTexts: Array.from(targets, (id) => (id < 0 ? null : textOf(id))),
    targets: [...targets],
    topIds,
    texts: Object.fromEntries([...new Set(topIds)].map((id) => [id, id < 0 ? "" : textOf(id)])),
    probabilities: Float32Array.from(firsts, (at) => record.probabilities[at] ?? Number.NaN),
    ...{ ranks, logProbs, entropyBits },
  };
}

/** What one cell's tokens are, fewer than K where fewer are possible. */
export function likeliestAt(
  { ids, probabilities, topK, positions }: LensRecord,
  row: number,
  column: number,
  textOf: (id: number) => string,
): Likeliest {
  const start = (row * positions.length + column) * topK;
  const own = [...ids.subarray(start, start + topK)].filter((id) => id >= 0);
  return {
    ids: own,
    texts: own.map(textOf),
    probabilities: [...probabilities.subarray(start, start + own.length)],
  };
}

/** A page's state: buffers come as views of bytes. @param get what the page has under a name */
export function readState(get: (key: string) => unknown): LensState {
  const read = <K extends keyof LensState>(key: K) => get(key) as LensState[K];
  const floats = (key: "probabilities" | "logProbs" | "entropyBits") =>
    new Float32Array(alignedBuffer(read(key)));
  const whole = (key: "topIds" | "ranks") => new Int32Array(alignedBuffer(read(key)));
  return {
    ...{ runId: read("runId"), subtitle: read("subtitle"), topK: read("topK") },
    ...{ translated: read("translated"), sites: read("sites"), positions: read("positions") },
    ...{ tokenTexts: read("tokenTexts"), targetTexts: read("targetTexts") },
    ...{ targets: read("targets"), texts: read("texts") },
    ...{ topIds: whole("topIds"), ranks: whole("ranks") },
    ...{ probabilities: floats("probabilities"), logProbs: floats("logProbs") },
    entropyBits: floats("entropyBits"),
  };
}

const RESIDUAL = /^blocks\.(\d+)\.hook_(?:resid|streams)_(pre|mid|post)$/;

/** "blocks.3.hook_resid_post" -> "3 post". */
export function siteLabel(site: string): string {
  const [, layer, place] = RESIDUAL.exec(site) ?? [];
  return layer === undefined ? site : `${layer} ${place}`;
}

export function layerOfSite(site: string): number | null {
  const layer = RESIDUAL.exec(site)?.[1];
  return layer === undefined ? null : Number(layer);
}

/** The row to light for a layer that another picture points at: the last of its sites; null where it has none. */
export function rowOfLayer(sites: readonly string[], layer: number | null): number | null {
  const row = layer === null ? -1 : sites.findLastIndex((site) => layerOfSite(site) === layer);
  return row < 0 ? null : row;
}

export function topText({ topIds, texts }: LensCells, cell: number): string {
  return texts[String(topIds[cell] ?? -1)] ?? "";
}

/** Is the likeliest token the one that ranks are of? */
export const isRight = ({ ranks }: LensCells, cell: number): boolean => ranks[cell] === 0;

/**
 * The first row from which on the likeliest token is that of the last row.
 * @returns a row; the last one where the token changes there
 */
export function settledRow(
  { topIds, sites, positions }: Pick<LensCells, "topIds" | "sites" | "positions">,
  column: number,
): number {
  const at = (row: number) => topIds[row * positions.length + column];
  let row = sites.length - 1;
  const last = at(row);
  while (row > 0 && at(row - 1) === last) row--;
  return row;
}

/** Positions at which each row's likeliest token is the one that follows, of those that have a target. */
export function rightCounts({ ranks, sites, positions }: LensCells): readonly number[] {
  return sites.map(
    (_, row) =>
      ranks
        .subarray(row * positions.length, (row + 1) * positions.length)
        .filter((rank) => rank === 0).length,
  );
}

/** "target likeliest at 12 of 40 positions behind 5 post, 3 behind 0 pre; ..." */
export function summaryText(cells: LensCells): string {
  const { sites, positions, targets } = cells;
  const nTargets = targets.filter((id) => id >= 0).length;
  const rows = positions.map((_, column) => settledRow(cells, column)).sort((a, b) => a - b);
  const middle = rows[Math.floor((rows.length - 1) / 2)] ?? 0;
  const settled = `the token that is likeliest in the last row is so from ${siteLabel(sites[middle] ?? "")} on, or earlier, at half of the positions`;
  if (nTargets === 0) return settled;
  const counts = rightCounts(cells);
  const [first, last] = [counts[0] ?? 0, counts.at(-1) ?? 0];
  return `target likeliest at ${last} of ${nTargets} positions in ${siteLabel(sites.at(-1) ?? "")}, at ${first} in ${siteLabel(sites[0] ?? "")}; ${settled}`;
}

/** "3 post at ·key (4): ·to 41.2 %; target ·a 3.1 %, rank 4" */
export function cellText(cells: LensCells, row: number, column: number): string {
  const { sites, positions, tokenTexts, targetTexts, probabilities, ranks, logProbs } = cells;
  const cell = row * positions.length + column;
  const target = targetTexts[column] ?? null;
  const own =
    target === null
      ? ""
      : `; target ${visibleToken(target)} ${percent(Math.exp(logProbs[cell] ?? Number.NaN))}, rank ${(ranks[cell] ?? 0) + 1}`;
  return `${siteLabel(sites[row] ?? "")} at ${visibleToken(tokenTexts[column] ?? "")} (${positions[column]}): ${visibleToken(topText(cells, cell))} ${percent(probabilities[cell] ?? Number.NaN)}${own}`;
}

/** The same picture in words: what the last position's rows say. */
export function lensText(cells: LensCells, subtitle: string): string {
  const column = cells.positions.length - 1;
  const rows = cells.sites.map((_, row) => cellText(cells, row, column));
  return [`Lens of ${subtitle}: ${summaryText(cells)}`, ...rows].join("\n");
}
