interface Looks {
  readonly queryStart: number;
  readonly queryCount: number;
  readonly queryStep: number;
  readonly window: number | null;
  /** Keys selected for each query; null for all. */
  readonly nSelected: number | null;
  readonly hasMoments: boolean;
}

/** Keys that the queries of `attentionMetrics` look at, together, and the cached rows that these are, at most. */
export function metricsKeys(looks: Looks): { readonly pairs: number; readonly rows: number } {
  const { queryStart, queryCount, queryStep, window, nSelected, hasMoments } = looks;
  let pairs = 0;
  let query = queryStart;
  for (let at = 0; at < queryCount; at += queryStep) {
    query = queryStart + at;
    pairs += keysOf(looks, query);
  }
  const isOfWindow = window !== null && nSelected === null && !hasMoments;
  const before = isOfWindow ? Math.max(0, queryStart + 1 - window) : 0;
  return { pairs, rows: Math.min(pairs, query + 1 - before) };
}

/**
 * All keys that a query sees; with moments its own, the one before and the first, where it sees them. Then earlier copies of its token are
 * looked at too, which no shape tells: they are left out.
 */
function keysOf({ window, nSelected, hasMoments }: Looks, query: number): number {
  const seen = Math.min(nSelected ?? window ?? query + 1, query + 1);
  if (!hasMoments) return seen;
  const isFirstSeen = nSelected !== null || seen === query + 1;
  return Math.min(seen, isFirstSeen ? 3 : 2);
}
