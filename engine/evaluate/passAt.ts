/**
 * The probability that at least one of k replies is right, drawn without putting back from n of which c are: 1 - C(n - c, k) / C(n, k),
 * without bias.
 * @see arXiv:2107.03374 equation 1
 */
export function passAt(n: number, c: number, k: number): number {
  let allWrong = 1;
  for (let i = 0; i < k; i++) allWrong *= Math.max(0, n - c - i) / (n - i);
  return 1 - allWrong;
}
