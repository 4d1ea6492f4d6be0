import { Pcg32 } from "../generate/pcg32.ts";

/** A share or a mean: the sum of numerators over the sum of denominators, each of one cluster. */
export interface Clusters {
  readonly numerators: readonly number[];
  readonly denominators: readonly number[];
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The two-sided 95% quantile of the normal distribution. */
const Z = 1.959963984540054;

export function ratio({ numerators, denominators }: Clusters): number {
  return sum(numerators) / sum(denominators);
}

/**
 * 95% by the normal distribution, with the standard error that clusters give: what they miss of the ratio is added up within each and
 * squared between them. With one observation in each cluster it is the usual error of a mean. It may reach beyond 0 and 1, and has no width
 * where all clusters are alike, which says nothing of how sure that is.
 * @see E. Miller, "Adding Error Bars to Evals", arXiv:2411.00640, section 2.2
 */
export function clusteredInterval(clusters: Clusters): Interval {
  const { numerators, denominators } = clusters;
  const centre = ratio(clusters);
  const squares = numerators.map((x, i) => (x - centre * (denominators[i] ?? 0)) ** 2);
  const half = (Z * Math.sqrt(sum(squares))) / sum(denominators);
  return { low: centre - half, high: centre + half };
}

/** The part of an interval of a share that a share can have, as statsmodels' proportion_confint has it of the normal distribution's. */
export function shareInterval({ low, high }: Interval): Interval {
  return { low: Math.max(0, low), high: Math.min(1, high) };
}

/**
 * Percentile bootstrap over clusters, 95%: each resample draws as many clusters as there are, with replacement. One without any
 * observation in it is drawn again.
 * @see B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3
 */
export function bootstrapInterval(
  clusters: Clusters,
  { resamples, seed }: { readonly resamples: number; readonly seed: number },
): Interval {
  const { numerators, denominators } = clusters;
  const n = numerators.length;
  if (!(sum(denominators) > 0)) return { low: Number.NaN, high: Number.NaN };
  const random = new Pcg32(seed);
  const ratios = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    let [above, below] = [0, 0];
    while (below === 0) {
      above = 0;
      for (let i = 0; i < n; i++) {
        const drawn = Math.floor(random.nextFloat() * n);
        above += numerators[drawn] as number;
        below += denominators[drawn] as number;
      }
    }
    ratios[r] = above / below;
  }
  ratios.sort();
  return { low: percentile(ratios, 0.025), high: percentile(ratios, 0.975) };
}

/** Between the two nearest where it falls between them. */
export function percentile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const [below = 0, above = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below === above ? below : below + (at - Math.floor(at)) * (above - below);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
