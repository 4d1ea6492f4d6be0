/** Which half byte of a word has each of its eight columns. */
const PLACE = [0, 4, 1, 5, 2, 6, 3, 7];

/**
 * Numbers of four bits in the order of AWQ's `gemm`: columns 0, 2, 4, 6, 1, 3, 5, 7 of every eight from a word's lowest bits
 * upwards. Of (R, N / 8) columns from `first` on, as many as `out` has room for: of a weight (K, N / 8) codes (N, K).
 */
export function unpackAwq(
  words: Uint32Array,
  rows: number,
  columns: number,
  first: number,
  out: Uint8Array,
): void {
  const width = columns / 8;
  for (let at = 0; at < out.length; at += rows) {
    const n = first + at / rows;
    const [shift, word] = [4 * (PLACE[n & 7] as number), n >> 3];
    for (let r = 0; r < rows; r++)
      out[at + r] = ((words[r * width + word] as number) >>> shift) & 15;
  }
}
