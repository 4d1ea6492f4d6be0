/** Probabilities of the vocabulary's tokens, (V), that add up to 1. */
export type Distribution = Float64Array;

/**
 * Decides on a draft so that the token that comes out is distributed as p, whatever q is: the draft is accepted with
 * probability min(1, p/q); else a token is drawn from what p has beyond q.
 * @param p the model's, q the one the draft was drawn from
 * @param uniform draws from [0, 1)
 * @see arXiv:2302.01318 algorithm 2, arXiv:2211.17192 theorem 1
 */
export function judgeDraft(
  draftId: number,
  p: Distribution,
  q: Distribution,
  uniform: () => number,
): { readonly id: number; readonly accepted: boolean } {
  const ratio = (p[draftId] ?? 0) / (q[draftId] ?? 0);
  if (ratio >= 1 || uniform() < ratio) return { id: draftId, accepted: true };
  const beyond = p.map((probability, id) => Math.max(0, probability - (q[id] ?? 0)));
  const total = beyond.reduce((a, b) => a + b, 0);
  const left = total > 0 ? beyond : p; // p and q differ by rounding alone
  return { id: drawFrom(left, uniform() * (total > 0 ? total : 1)), accepted: false };
}

/** The first id, in ascending order, at which the cumulative weight passes `mark`. */
export function drawFrom(weights: Distribution, mark: number): number {
  let cumulative = 0;
  let last = 0;
  for (let id = 0; id < weights.length; id++) {
    const weight = weights[id] as number;
    if (weight === 0) continue;
    cumulative += weight;
    last = id;
    if (cumulative > mark) break;
  }
  return last;
}
