import type { ConfigReader } from "./configReader.ts";

const FACTOR = "partial_rotary_factor";

/**
 * How many dims of a head rotate: its first `partial_rotary_factor`, rounded down, or all where nothing says so.
 * @param places where the factor may stand, the one that counts first
 * @param isPartial does the family rotate heads in part? Elsewhere implementations disagree on what a factor below 1
 * means (transformers leaves it out where frequencies are not scaled, and fails where they are): refused.
 * @throws ConfigError ERR_CONFIG
 */
export function rotaryDim(
  places: readonly ConfigReader[],
  dHead: number,
  isPartial: boolean,
): number {
  const place = places.find((config) => config.has(FACTOR));
  if (place === undefined) return dHead;
  if (!isPartial) {
    place.require(FACTOR, [1], "Heads of this architecture rotate as a whole.");
    return dHead;
  }
  const dim = Math.trunc(dHead * place.number(FACTOR));
  if (dim < 2 || dim > dHead || dim % 2 !== 0)
    place.fail(FACTOR, `a share that leaves an even number of a head's ${dHead} dims`);
  return dim;
}
