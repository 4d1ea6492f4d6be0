/** The two-sided 95% quantile of the normal distribution. */
const Z = 1.959963984540054;

/**
 * Between which shares the true one lies, 95%: the Wilson score interval.
 * @see E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22, 1927
 */
export function wilsonInterval(
  hits: number,
  n: number,
): { readonly low: number; readonly high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const share = hits / n;
  const scale = 1 + (Z * Z) / n;
  const centre = (share + (Z * Z) / (2 * n)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
