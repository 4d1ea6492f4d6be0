import { createHash } from "node:crypto";

/**
 * Some of a list, in its own order; the same seed and name draw the same ones, whatever else is drawn.
 * @param name tells the lists of one run apart
 */
export function drawSample<T>(
  list: readonly T[],
  count: number,
  seed: number,
  name: string,
): readonly T[] {
  const rank = (index: number): string =>
    createHash("sha256").update(`${seed}\0${name}\0${index}`).digest("hex");
  return list
    .map((item, index) => ({ item, index, rank: rank(index) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, count)
    .sort((a, b) => a.index - b.index)
    .map(({ item }) => item);
}
