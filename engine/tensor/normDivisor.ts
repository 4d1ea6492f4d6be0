/** What a norm divides n elements by, in float64: the root of their mean square, for a layer norm about their mean, and of eps. */
export function normDivisor(
  x: ArrayLike<number>,
  start: number,
  n: number,
  { isLayer, eps }: { readonly isLayer: boolean; readonly eps: number },
): number {
  let sum = 0;
  for (let i = start; i < start + n; i++) sum += x[i] as number;
  const mean = isLayer ? sum / n : 0;
  let squares = 0;
  for (let i = start; i < start + n; i++) squares += ((x[i] as number) - mean) ** 2;
  return Math.sqrt(squares / n + eps);
}
