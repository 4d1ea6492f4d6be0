/** Eight 6-bit scales and eight 6-bit minima in 12 bytes of each of `count` blocks, as Q4_K and Q5_K have them. */
export function sixBitScales(
  data: Uint8Array,
  at: number,
  bytes: number,
  count: number,
  scales: Int8Array,
  minima: Uint8Array,
): void {
  for (let block = 0; block < count; block++) {
    const [from, to] = [at + block * bytes, 8 * block];
    for (let j = 0; j < 4; j++) {
      const [scale, minimum] = [data[from + j] as number, data[from + 4 + j] as number];
      const rest = data[from + 8 + j] as number;
      scales[to + j] = scale & 63;
      minima[to + j] = minimum & 63;
      scales[to + j + 4] = (rest & 15) | ((scale >> 6) << 4);
      minima[to + j + 4] = (rest >> 4) | ((minimum >> 6) << 4);
    }
  }
}
