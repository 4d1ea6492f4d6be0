import { ShapeError } from "../base/errors.ts";
import { eachLine, type Lines } from "./axis.ts";
import type { HostArray } from "./hostArray.ts";

/** @throws ShapeError ERR_RANGE unless a line has k numbers */
export function checkTopCount(what: string, k: number, { size }: Lines): void {
  if (Number.isInteger(k) && k >= 1 && k <= size) return;
  throw new ShapeError(
    "ERR_RANGE",
    `${what}: expected a whole number from 1 to ${size}, the length of the axis, got ${k}. Ask for as many as there are.`,
  );
}

/** The numbers at k places of each line. */
export function numbersAt<A extends HostArray>(
  data: A,
  { size, inner }: Lines,
  k: number,
  places: Int32Array,
): A {
  const numbers = data.slice(0, places.length) as A;
  const block = k * inner;
  places.forEach((place, i) => {
    const start = Math.floor(i / block) * size * inner + (i % inner);
    numbers[i] = data[start + place * inner] as number;
  });
  return numbers;
}

/** Where the k largest numbers of each line stand in it, largest first, the lower place first among equals; NaN is the smallest. */
export function topPlaces(data: HostArray, lines: Lines, k: number): Int32Array {
  const places = new Int32Array(lines.outer * lines.inner * k);
  const { inner } = lines;
  const found = new Int32Array(k);
  eachLine(data, lines, (line, index) => {
    findFirst(line, found);
    const column = index % inner;
    const start = (index - column) * k + column;
    for (let rank = 0; rank < k; rank++) places[start + rank * inner] = found[rank] as number;
  });
  return places;
}

/** Fills `found` with the places that come first: a heap with the last of them on top, which is then taken down. */
function findFirst(line: Float64Array, found: Int32Array): void {
  const k = found.length;
  for (let place = 0; place < k; place++) found[place] = place;
  for (let at = (k >> 1) - 1; at >= 0; at--) sink(line, found, at, k);
  let least = line[found[0] as number] as number;
  for (let place = pastLess(line, k, least); place < line.length; ) {
    if (!isBehind(line, place, found[0] as number)) {
      found[0] = place;
      sink(line, found, 0, k);
      least = line[found[0] as number] as number;
    }
    place = pastLess(line, place + 1, least);
  }
  for (let left = k - 1; left > 0; left--) {
    const last = found[0] as number;
    found[0] = found[left] as number;
    found[left] = last;
    sink(line, found, 0, left);
  }
}

/** The first place from `from` on that does not have less than `least` or as much. */
function pastLess(line: Float64Array, from: number, least: number): number {
  let place = from;
  while (place < line.length && (line[place] as number) <= least) place++;
  return place;
}

/** Brings what stands at `at` down below all that come behind it, among the first `count`. */
function sink(line: Float64Array, heap: Int32Array, at: number, count: number): void {
  const place = heap[at] as number;
  let here = at;
  for (let below = 2 * here + 1; below < count; below = 2 * here + 1) {
    const other = below + 1;
    if (other < count && isBehind(line, heap[other] as number, heap[below] as number))
      below = other;
    if (!isBehind(line, heap[below] as number, place)) break;
    heap[here] = heap[below] as number;
    here = below;
  }
  heap[here] = place;
}

/** Whether the number at place i comes behind the one at place j. */
function isBehind(line: Float64Array, i: number, j: number): boolean {
  const a = line[i] as number;
  const b = line[j] as number;
  if (a < b) return true;
  if (a > b) return false;
  const isNone = Number.isNaN(a);
  return isNone === Number.isNaN(b) ? i > j : isNone;
}
