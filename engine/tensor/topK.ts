import { eachLine, type Lines } from "./axis.ts";
import type { HostArray } from "./hostArray.ts";

/** From more than so many on, sorting a line is less work than keeping its largest numbers in order. */
const FEW = 64;

/** Where the k largest numbers of each line stand in it, largest first, the lower place first among equals; NaN is the smallest. */
export function topPlaces(data: HostArray, lines: Lines, k: number): Int32Array {
  const places = new Int32Array(lines.outer * lines.inner * k);
  const { inner } = lines;
  eachLine(data, lines, (line, _, index) => {
    const found = k > FEW ? sortedPlaces(line).subarray(0, k) : firstPlaces(line, k);
    const [outer, column] = [Math.floor(index / inner), index % inner];
    for (const [rank, place] of found.entries())
      places[(outer * k + rank) * inner + column] = place;
  });
  return places;
}

const isBefore = (a: number, b: number): boolean => a > b || (Number.isNaN(b) && !Number.isNaN(a));

function sortedPlaces(line: Float64Array): Int32Array {
  return Int32Array.from(line.keys()).sort((i, j) => {
    const [a, b] = [line[i] as number, line[j] as number];
    if (isBefore(a, b)) return -1;
    return isBefore(b, a) ? 1 : i - j;
  });
}

function firstPlaces(line: Float64Array, k: number): number[] {
  const found: number[] = [];
  for (let j = 0; j < line.length; j++) {
    const value = line[j] as number;
    let at = found.length;
    if (at === k && !isBefore(value, line[found[k - 1] as number] as number)) continue;
    while (at > 0 && isBefore(value, line[found[at - 1] as number] as number)) at--;
    found.splice(at, 0, j);
    if (found.length > k) found.pop();
  }
  return found;
}
