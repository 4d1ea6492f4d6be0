export type ScaleName = "linear" | "log" | "rank";

/** What the numbers of a measure span, infinite ones and those that are none left out. */
export interface Span {
  readonly min: number;
  readonly max: number;
  /** Ascending, finite. */
  readonly sorted: Float64Array;
  readonly nInfinite: number;
  readonly nMissing: number;
  readonly leastPositive: number;
}

export function spanOf(values: Float64Array): Span {
  const sorted = values.filter(Number.isFinite).sort();
  const nMissing = values.reduce((n, value) => n + (Number.isNaN(value) ? 1 : 0), 0);
  return {
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
    sorted,
    nInfinite: values.length - sorted.length - nMissing,
    nMissing,
    leastPositive: sorted.find((value) => value > 0) ?? Number.NaN,
  };
}

/** How strong a number's colour is, 0 to 1; NaN where there is no number. Infinite ones are as strong, or weak, as can be. */
export function strength(value: number, span: Span, scale: ScaleName): number {
  const { min, max, sorted, leastPositive } = span;
  if (Number.isNaN(value)) return Number.NaN;
  if (!Number.isFinite(value)) return value > 0 ? 1 : 0;
  if (min === max) return 0.5;
  if (scale === "linear") return (value - min) / (max - min);
  if (scale === "rank")
    return (before(sorted, value) + through(sorted, value) - 1) / 2 / (sorted.length - 1);
  if (value <= 0) return 0;
  if (leastPositive === max) return 1;
  return Math.log(value / leastPositive) / Math.log(max / leastPositive);
}

/** Numbers below this one. */
function before(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Numbers up to this one. */
function through(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
