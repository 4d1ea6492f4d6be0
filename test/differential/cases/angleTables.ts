/** cos and sin of plain RoPE with base 10000, rounded to f32. */
export function angleTables(
  nPositions: number,
  nPairs: number,
): { cos: Float32Array; sin: Float32Array } {
  const angles = Array.from(
    { length: nPositions * nPairs },
    (_, i) => Math.floor(i / nPairs) * 10000 ** (-(i % nPairs) / nPairs),
  );
  return { cos: Float32Array.from(angles, Math.cos), sin: Float32Array.from(angles, Math.sin) };
}
