import type { AxisScale } from "../render/controls.ts";
import type { LensCells } from "./data.ts";

/** What a cell's colour says. */
export const MEASURES = ["probability", "target", "rank", "entropy"] as const;
export type Measure = (typeof MEASURES)[number];

export const MEASURE_TITLES: Readonly<Record<Measure, string>> = {
  probability: "probability of the likeliest token, which stands in the cell",
  target: "probability of the target, which stands below its column",
  rank: "the target's place among all tokens, 1 for the likeliest",
  entropy: "entropy of the distribution in bits",
};

/** How each measure's colours grow at first. */
export const FIRST_SCALES: Readonly<Record<Measure, AxisScale>> = {
  probability: "linear",
  target: "linear",
  rank: "log",
  entropy: "linear",
};

/** Decades below full colour that a logarithmic scale tells apart. */
const DECADES = 4;

/** A cell's number; NaN where it has none. Ranks count from 1. */
export function measureAt(cells: LensCells, measure: Measure, cell: number): number {
  if (measure === "probability") return cells.probabilities[cell] ?? Number.NaN;
  if (measure === "entropy") return cells.entropyBits[cell] ?? Number.NaN;
  if (measure === "target") return Math.exp(cells.logProbs[cell] ?? Number.NaN);
  const rank = cells.ranks[cell] ?? -1;
  return rank < 0 ? Number.NaN : rank + 1;
}

/** What full colour stands for, and on a linear scale of ranks what has none. */
export interface MeasureRange {
  readonly full: number;
  readonly most: number;
}

export function rangeOf(cells: LensCells, measure: Measure): MeasureRange {
  let most = 0;
  for (let cell = 0; cell < cells.topIds.length; cell++) {
    const value = measureAt(cells, measure, cell);
    if (value > most) most = value;
  }
  return { full: measure === "entropy" ? most : 1, most };
}

/**
 * How strong a cell's colour is, 0 to 1; NaN for a number that is not there. The likelier a token, the better its rank, the larger the
 * entropy, the stronger.
 */
export function strengthOf(
  value: number,
  measure: Measure,
  scale: AxisScale,
  { full, most }: MeasureRange,
): number {
  if (Number.isNaN(value)) return Number.NaN;
  if (measure === "rank") {
    if (scale === "log") return Math.max(0, 1 - Math.log10(value) / DECADES);
    return most <= 1 ? 1 : 1 - (value - 1) / (most - 1);
  }
  if (full === 0) return 0;
  const share = value / full;
  return scale === "linear" ? share : Math.max(0, 1 + Math.log10(share) / DECADES);
}

/** What a scale's ends stand for, in words. */
export function rangeText(
  measure: Measure,
  scale: AxisScale,
  { full, most }: MeasureRange,
): string {
  const isLog = scale === "log";
  if (most === 0) return `${MEASURE_TITLES[measure]}: no cell has one`;
  if (measure === "rank")
    return `${MEASURE_TITLES[measure]}: full colour is 1, ${isLog ? `by decades, none from ${10 ** DECADES} on` : `none is ${most}, the last here`}`;
  const name = measure === "entropy" ? `${Number(full.toPrecision(4))} bits, the most here` : "1";
  return `${MEASURE_TITLES[measure]}: full colour is ${name}, ${isLog ? `${DECADES} decades below it have none` : "none is 0"}`;
}
