import type { HeadPlace } from "./page.ts";
import type { Pair } from "./pairs.ts";

/**
 * The head that differs most between two runs, the first of equal ones; null where no head has a number.
 * @param pair (layers, heads); NaN for heads that a layer lacks
 * @param layer looks in this layer alone
 */
export function mostMoved(
  { difference }: Pair,
  nHeads: number,
  layer: number | null,
): HeadPlace | null {
  let most = -1;
  let found: HeadPlace | null = null;
  difference.forEach((value, i) => {
    const place = { layer: Math.floor(i / nHeads), head: i % nHeads };
    const size = Math.abs(value); // NaN is larger than nothing
    if (!(size > most) || (layer !== null && place.layer !== layer)) return;
    [most, found] = [size, place];
  });
  return found;
}
