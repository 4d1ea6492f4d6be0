export type ScaleName = "linear" | "log" | "rank";

/** A cell without a number, and one that the router left out: not strengths. */
export const NOTHING = Number.NaN;
export const LEFT_OUT = -2;

/** How strong the colours of amounts from 0 up are, 0 to 1; NaN stays NaN, and infinity is as strong as can be. */
export function amountStrengths(values: Float32Array, scale: ScaleName): Float32Array {
  if (scale === "rank") return rankStrengths(values);
  const { least, most } = endsOf(values);
  return values.map((value) => {
    if (Number.isNaN(value)) return NOTHING;
    if (value === Number.POSITIVE_INFINITY) return 1;
    if (value <= 0 || most === 0) return 0;
    if (scale === "linear") return value / most;
    return least === most ? 1 : 0.15 + (0.85 * Math.log(value / least)) / Math.log(most / least);
  });
}

/** How strong the colours of signed numbers are, -1 to 1, about 0. */
export function signedStrengths(values: Float32Array): Float32Array {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return values.map((value) =>
    Number.isNaN(value) ? NOTHING : most === 0 ? 0 : Math.max(-1, Math.min(1, value / most)),
  );
}

/** The least above 0 and the most of the finite numbers; 0 where there are none. */
export function endsOf(values: Float32Array): { readonly least: number; readonly most: number } {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const value of values) {
    if (!Number.isFinite(value) || value <= 0) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return { least: Number.isFinite(least) ? least : 0, most };
}

/** By rank among all numbers; equal ones have the mean of their ranks, and 0 has none. */
function rankStrengths(values: Float32Array): Float32Array {
  const sorted = values.filter((value) => value > 0).sort();
  const rankOf = new Map<number, number>();
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    rankOf.set(sorted[from] as number, (from + to + 1) / 2 / sorted.length);
    from = to;
  }
  return values.map((value) =>
    Number.isNaN(value) ? NOTHING : value <= 0 ? 0 : (rankOf.get(value) ?? 0),
  );
}
