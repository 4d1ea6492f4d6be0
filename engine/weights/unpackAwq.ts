/** Which half byte of a word has each of its eight columns. */
const PLACE = [0, 4, 1, 5, 2, 6, 3, 7];

/**
 * Numbers of four bits in the order of AWQ's `gemm`: columns 0, 2, 4, 6, 1, 3, 5, 7 of every eight from a word's lowest bits
 * upwards. Given (R, N / 8), returns (N, R): of a weight (K, N / 8) the codes (N, K).
 */
export function unpackAwq(words: Uint32Array, rows: number, columns: number): Uint8Array {
  const out = new Uint8Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let n = 0; n < columns; n++) {
      const word = words[r * (columns / 8) + (n >> 3)] as number;
      out[n * rows + r] = (word >>> (4 * (PLACE[n & 7] as number))) & 15;
    }
  return out;
}
