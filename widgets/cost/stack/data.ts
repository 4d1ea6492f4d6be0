import type { ClassCost } from "../../../engine/trace/schema.ts";
import { byteCount, flopCount } from "../../render/formatNumber.ts";
import { type ClassPart, classParts } from "../classGroups.ts";

/** Numbers of a class in the record's table: FLOPs, weight bytes, cache bytes read and written. */
const WIDTH = 4;

/** What can be stacked, each from one or two numbers of a class. */
export const STACKED = {
  flops: { label: "FLOPs", places: [0], format: flopCount },
  weightBytes: { label: "weights read", places: [1], format: byteCount },
  kvBytes: { label: "KV cache read and written", places: [2, 3], format: byteCount },
} as const;
export type Stacked = keyof typeof STACKED;

/** What one token takes in one class. @param byClass (T, classes, 4) f64 */
export function amountOf(
  byClass: Float64Array,
  nClasses: number,
  token: number,
  part: ClassPart,
  quantity: Stacked,
): number {
  const first = (token * nClasses + part.index) * WIDTH;
  let sum = 0;
  for (const place of STACKED[quantity].places) sum += byClass[first + place] ?? 0;
  return sum;
}

/** Parts that take any of a quantity in the run, in the order in which they are stacked. */
export function stackedParts(classes: readonly ClassCost[], quantity: Stacked): ClassPart[] {
  return classParts(classes).filter(({ index }) => {
    const all = classes[index];
    if (all === undefined) return false;
    if (quantity === "kvBytes") return all.kvReadBytes + all.kvWriteBytes > 0;
    return all[quantity] > 0;
  });
}

/** Tokens that one bar stands for, from `start` to before `end`. */
export interface Bin {
  readonly start: number;
  readonly end: number;
}

/** (bins, parts): the mean of a bin's tokens. */
export function stackValues(
  byClass: Float64Array,
  nClasses: number,
  parts: readonly ClassPart[],
  quantity: Stacked,
  bins: readonly Bin[],
): Float64Array {
  const values = new Float64Array(bins.length * parts.length);
  bins.forEach(({ start, end }, b) => {
    parts.forEach((part, p) => {
      let sum = 0;
      for (let t = start; t < end; t++) sum += amountOf(byClass, nClasses, t, part, quantity);
      values[b * parts.length + p] = sum / (end - start);
    });
  });
  return values;
}

/** A row of the legend: a part, what it takes, and its share. */
export interface StackRow {
  readonly part: ClassPart;
  readonly amount: number;
  readonly share: number;
}

/** What each part takes of a token, or of all where it is null. */
export function stackRows(
  byClass: Float64Array,
  nClasses: number,
  parts: readonly ClassPart[],
  quantity: Stacked,
  token: number | null,
): StackRow[] {
  const nTokens = byClass.length / (nClasses * WIDTH);
  const [start, end] = token === null ? [0, nTokens] : [token, token + 1];
  const amounts = parts.map((part) => {
    let sum = 0;
    for (let t = start; t < end; t++) sum += amountOf(byClass, nClasses, t, part, quantity);
    return sum;
  });
  const all = amounts.reduce((sum, amount) => sum + amount, 0);
  return parts.map((part, p) => {
    const amount = amounts[p] ?? 0;
    return { part, amount, share: all === 0 ? 0 : amount / all };
  });
}
