/** Which half byte of a word has each of its eight columns. */
const PLACE = [0, 4, 1, 5, 2, 6, 3, 7];

/**
 * Numbers of four bits in the order of AWQ's `gemm`: columns 0, 2, 4, 6, 1, 3, 5, 7 of every eight from a word's lowest bits
 * upwards. Given (R, N / 8), returns (N, R): of a weight (K, N / 8) the codes (N, K).
 */
export function unpackAwq(words: Uint32Array, rows: number, columns: number): Uint8Array {
  const out = new Uint8Array(rows * columns);
  const width = columns / 8;
  for (let n = 0; n < columns; n++) {
    const shift = 4 * (PLACE[n & 7] as number);
    for (let r = 0; r < rows; r++)
      out[n * rows + r] = ((words[r * width + (n >> 3)] as number) >>> shift) & 15;
  }
  return out;
}
