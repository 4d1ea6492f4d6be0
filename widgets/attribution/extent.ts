import type { BarRow } from "./rows.ts";

/** Ends of the one scale that all bars share; 0 lies within. */
export interface Extent {
  readonly low: number;
  readonly high: number;
}

/** Covers values and running sums. */
export function extentOf(rows: readonly Pick<BarRow, "value" | "running">[]): Extent {
  let [low, high] = [0, 0];
  for (const { value, running } of rows)
    for (const number of [value, running ?? 0]) {
      if (!Number.isFinite(number)) continue;
      low = Math.min(low, number);
      high = Math.max(high, number);
    }
  return low === high ? { low: -1, high: 1 } : { low, high };
}

/** Where a number stands on the scale, 0 to 1. */
export const shareOf = (value: number, { low, high }: Extent): number =>
  (value - low) / (high - low);

/** A bar from 0 to a value: its left end and its length as shares of the scale. */
export function barOf(
  value: number,
  extent: Extent,
): { readonly start: number; readonly length: number } {
  const [zero, end] = [shareOf(0, extent), shareOf(value, extent)];
  return { start: Math.min(zero, end), length: Math.abs(end - zero) };
}
