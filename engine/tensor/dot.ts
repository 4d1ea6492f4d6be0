/** Inner product of n elements in float64, index ascending. */
export function dot(
  a: ArrayLike<number>,
  aStart: number,
  b: ArrayLike<number>,
  bStart: number,
  n: number,
): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (a[aStart + i] as number) * (b[bStart + i] as number);
  return sum;
}

/** Inner product of two whole vectors, of as many numbers as the first has. */
export const inner = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  dot(a, 0, b, 0, a.length);
