import {
  amountStrengths,
  endsOf,
  LEFT_OUT,
  type ScaleName,
  signedStrengths,
} from "../routing/strengths.ts";
import type { Side } from "./data.ts";

/** Numbers of two runs at the same places; NaN where one has none. */
export interface Pair {
  /** Null of numbers that are of both runs together. */
  readonly a: Float64Array | null;
  readonly b: Float64Array | null;
  readonly difference: Float64Array;
}

export function pairOf(a: Float64Array, b: Float64Array): Pair {
  return { a, b, difference: a.map((x, i) => differenceOf(x, b[i] as number)) };
}

/** Equal numbers differ by 0, infinite ones too. */
function differenceOf(a: number, b: number): number {
  return a === b ? 0 : b - a;
}

/** The numbers of a side; of what neither run has alone, those of both. */
export function sideOf(pair: Pair, side: Side): Float64Array {
  return (side === "difference" ? null : pair[side]) ?? pair.difference;
}

/** A pair as bytes that travel: one after the other what it has. */
export function packPair({ a, b, difference }: Pair): Float64Array {
  if (a === null || b === null) return difference;
  const packed = new Float64Array(2 * a.length);
  packed.set(a);
  packed.set(b, a.length);
  return packed;
}

export function unpackPair(packed: Float64Array, isDifference: boolean): Pair {
  if (isDifference) return { a: null, b: null, difference: packed };
  const size = packed.length / 2;
  return pairOf(packed.slice(0, size), packed.slice(size));
}

/** Are a side's colours about 0? Those of a difference are, and those of A and B where either has a number below 0. */
export function isSignedSide({ a, b, difference }: Pair, side: Side): boolean {
  const hasBelow = (values: Float64Array): boolean => values.some((x) => x < 0);
  if (a === null || b === null) return hasBelow(difference);
  return side === "difference" || hasBelow(a) || hasBelow(b);
}

/** A side in colours. */
export interface Shades {
  /** -1 to 1, or 0 to 1; LEFT_OUT where there is no number. */
  readonly strengths: Float32Array;
  readonly isSigned: boolean;
  /** The number of full colour; of signed ones both ways. */
  readonly most: number;
  /** The least above 0. */
  readonly least: number;
}

/** A and B are on one scale, of the numbers of both; the difference is about 0. */
export function shadesOf(pair: Pair, side: Side, scale: ScaleName): Shades {
  const { a, b, difference } = pair;
  const isAlone = side !== "difference" && a !== null && b !== null;
  const both = isAlone ? Float32Array.from([...a, ...b]) : Float32Array.from(difference);
  const isSigned = isSignedSide(pair, side);
  const shades = isSigned ? signedStrengths(both) : amountStrengths(both, scale);
  const start = isAlone && side === "b" ? a.length : 0;
  const strengths = shades
    .subarray(start, start + difference.length)
    .map((shade) => (Number.isNaN(shade) ? LEFT_OUT : shade));
  const { least, most } = endsOf(isSigned ? both.map(Math.abs) : both);
  return { strengths, isSigned, most, least };
}

/** Blocks of `pool` columns as one: the mean of the numbers that each has. */
export function pooledPair(pair: Pair, nColumns: number, pool: number): Pair {
  if (pool === 1) return pair;
  const pooled = (values: Float64Array): Float64Array => means(values, nColumns, pool);
  return {
    a: pair.a && pooled(pair.a),
    b: pair.b && pooled(pair.b),
    difference: pooled(pair.difference),
  };
}

function means(values: Float64Array, nColumns: number, pool: number): Float64Array {
  const nCells = Math.ceil(nColumns / pool);
  const nRows = nColumns === 0 ? 0 : values.length / nColumns;
  return Float64Array.from({ length: nRows * nCells }, (_, cell) => {
    const first = Math.floor(cell / nCells) * nColumns + (cell % nCells) * pool;
    const end = Math.min(first + pool, (Math.floor(cell / nCells) + 1) * nColumns);
    const known = values.subarray(first, end).filter((x) => !Number.isNaN(x));
    return known.length === 0 ? Number.NaN : known.reduce((sum, x) => sum + x, 0) / known.length;
  });
}
