/** How two texts stand to each other. */
export type Likeness =
  | { readonly kind: "same" }
  /** Numbers differ, none by more than was allowed; `largest` is the largest relative difference. */
  | { readonly kind: "near"; readonly largest: number }
  | { readonly kind: "different"; readonly saved: string; readonly now: string };

/** Numbers of printed text: digits with sign, point and exponent, and JavaScript's words for what has none. */
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\bNaN\b|[-+]?\bInfinity\b/g;
/** Characters that a report shows on each side of a difference. */
const AROUND = 30;

/**
 * Compares texts: all between numbers must be the same, and numbers within a relative tolerance.
 * @param tolerance most of |a - b| / max(|a|, |b|); 0 asks for the same characters
 */
export function compareText(saved: string, now: string, tolerance: number): Likeness {
  if (saved === now) return { kind: "same" };
  const different = { kind: "different", ...firstDifference(saved, now) } as const;
  if (tolerance === 0) return different;
  const [a, b] = [numbersOf(saved), numbersOf(now)];
  if (a.between.length !== b.between.length) return different;
  if (a.between.some((text, i) => text !== b.between[i])) return different;
  let largest = 0;
  for (const [i, number] of a.numbers.entries())
    largest = Math.max(largest, relativeDifference(number, b.numbers[i] as number));
  return largest <= tolerance ? { kind: "near", largest } : different;
}

/** |a - b| as a share of the larger: 0 for equal numbers, two NaN among them; infinite where one is no finite number. */
export function relativeDifference(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY;
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

function numbersOf(text: string): { between: string[]; numbers: number[] } {
  return {
    between: text.split(NUMBER),
    numbers: [...text.matchAll(NUMBER)].map(([number]) => Number(number)),
  };
}

/** What stands where two texts part, with a little around it. */
function firstDifference(a: string, b: string): { saved: string; now: string } {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const from = Math.max(0, at - AROUND);
  const part = (text: string): string =>
    `${from > 0 ? "…" : ""}${text.slice(from, at + AROUND)}${text.length > at + AROUND ? "…" : ""}`;
  return { saved: part(a), now: part(b) };
}
