import type { NumericArray } from "./numericArray.ts";

/** What a glance at an array should tell; `min`, `max` and `mean` are of the finite elements, null if there are none. */
export interface Summary {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly nanCount: number;
  readonly infiniteCount: number;
}

/** One pass over all elements; the sum is compensated (Neumaier), so the mean is right for millions of float32. */
export function summarize({ data }: NumericArray): Summary {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let lost = 0;
  let nanCount = 0;
  let infiniteCount = 0;
  for (const element of data) {
    const value = Number(element);
    if (Number.isNaN(value)) nanCount++;
    else if (!Number.isFinite(value)) infiniteCount++;
    else {
      if (value < min) min = value;
      if (value > max) max = value;
      const next = sum + value;
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
    }
  }
  const finiteCount = data.length - nanCount - infiniteCount;
  const isEmpty = finiteCount === 0;
  return {
    count: data.length,
    min: isEmpty ? null : min,
    max: isEmpty ? null : max,
    mean: isEmpty ? null : (sum + lost) / finiteCount,
    nanCount,
    infiniteCount,
  };
}
