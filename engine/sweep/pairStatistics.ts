import { Pcg32 } from "../generate/pcg32.ts";

/** Effects of every cell in every pair, and how often to resample them. */
export interface PairedEffects {
  /** (pairs, cells) */
  readonly effects: Float64Array;
  readonly nPairs: number;
  readonly resamples: number;
  readonly seed: number;
}

/** Ends of the central 95% of what means over the pairs may be. */
export interface PairIntervals {
  readonly low: Float64Array; // (cells)
  readonly high: Float64Array; // (cells)
}

/**
 * Percentile bootstrap over pairs: each of the resamples draws as many pairs as there are, with replacement, the same for all
 * cells; the ends are the 2.5th and the 97.5th percentile of the means.
 * @see B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3
 */
export function bootstrapIntervals({
  effects,
  nPairs,
  resamples,
  seed,
}: PairedEffects): PairIntervals {
  const random = new Pcg32(seed);
  const draws = Int32Array.from({ length: resamples * nPairs }, () =>
    Math.floor(random.nextFloat() * nPairs),
  );
  const nCells = effects.length / nPairs;
  const [low, high] = [new Float64Array(nCells), new Float64Array(nCells)];
  const means = new Float64Array(resamples);
  for (let cell = 0; cell < nCells; cell++) {
    for (let r = 0; r < resamples; r++) {
      let sum = 0;
      for (let i = 0; i < nPairs; i++)
        sum += effects[(draws[r * nPairs + i] as number) * nCells + cell] as number;
      means[r] = sum / nPairs;
    }
    means.sort();
    low[cell] = percentile(means, 0.025);
    high[cell] = percentile(means, 0.975);
  }
  return { low, high };
}

/** Between the two nearest where it falls between them. */
function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const [below = 0, above = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below === above ? below : below + (at - Math.floor(at)) * (above - below);
}

/**
 * For each cell, how often chance gives any cell an effect as large as this one's: pairs change sign, the same for all cells,
 * and the largest |mean| of the grid is compared with the cell's own. So p holds for all cells together: with no effect
 * anywhere, one below 0.05 turns up somewhere in one sweep of twenty at most. All 2^pairs patterns of signs are gone through
 * where there are no more of them than resamples; else so many are drawn, and the one that was seen counts as well.
 * @see T. Nichols, A. Holmes, "Nonparametric permutation tests for functional neuroimaging", Human Brain Mapping 15, 2002;
 * B. Phipson, G. Smyth, "Permutation P-values should never be zero", 2010
 * @returns (cells)
 */
export function correctedP({ effects, nPairs, resamples, seed }: PairedEffects): Float64Array {
  const nCells = effects.length / nPairs;
  const isExact = 2 ** nPairs <= resamples;
  const nPatterns = isExact ? 2 ** nPairs : resamples;
  const random = new Pcg32(seed);
  const ofSigns = (sign: (pair: number) => number): Float64Array => {
    const sums = new Float64Array(nCells);
    for (let pair = 0; pair < nPairs; pair++) {
      const by = sign(pair);
      for (let cell = 0; cell < nCells; cell++)
        sums[cell] = (sums[cell] as number) + by * (effects[pair * nCells + cell] as number);
    }
    return sums.map(Math.abs);
  };
  const seen = ofSigns(() => 1);
  const largest = Float64Array.from({ length: nPatterns }, (_, pattern) =>
    ofSigns(
      isExact
        ? (pair) => (Math.floor(pattern / 2 ** pair) % 2 === 0 ? 1 : -1)
        : () => (random.nextFloat() < 0.5 ? 1 : -1),
    ).reduce((most, sum) => Math.max(most, sum)),
  );
  const extra = isExact ? 0 : 1;
  return seen.map((sum) => {
    const count = largest.reduce((n, most) => n + (most >= sum ? 1 : 0), extra);
    return count / (nPatterns + extra);
  });
}
