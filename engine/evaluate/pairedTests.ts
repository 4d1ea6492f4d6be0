/**
 * McNemar's exact test: with no difference, samples of which only one arm has the answer are of either kind with probability one half.
 * @param onlyFirst samples that only the first arm got right
 * @returns p, two-sided; 1 where the arms agree on all
 * @see Q. McNemar, Psychometrika 12, 1947
 */
export function mcNemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  let term = -n * Math.LN2; // log C(n, 0) / 2^n
  let tail = 0;
  for (let i = 0; i <= Math.min(onlyFirst, onlySecond); i++) {
    tail += Math.exp(term);
    term += Math.log((n - i) / (i + 1));
  }
  return Math.min(1, 2 * tail);
}

/**
 * p of several tests, corrected for all of them: the smallest is multiplied by their number, the next by one less, and none is below
 * one before it.
 * @see S. Holm, Scandinavian Journal of Statistics 6, 1979
 */
export function holm(p: readonly number[]): number[] {
  const order = [...p.keys()].sort((a, b) => (p[a] as number) - (p[b] as number));
  const corrected = p.map(() => 1);
  let least = 0;
  for (const [rank, i] of order.entries()) {
    least = Math.max(least, Math.min(1, (p[i] as number) * (p.length - rank)));
    corrected[i] = least;
  }
  return corrected;
}
