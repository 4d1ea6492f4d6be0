import type { BlockParts } from "./blockReader.ts";

/** Eight 6-bit scales and eight 6-bit minima in 12 bytes, as Q4_K and Q5_K have them. */
export function sixBitScales(data: Uint8Array, at: number, { scales, minima }: BlockParts): void {
  const byte = (i: number) => data[at + i] as number;
  for (let j = 0; j < 4; j++) {
    scales[j] = byte(j) & 63;
    minima[j] = byte(j + 4) & 63;
    scales[j + 4] = (byte(j + 8) & 15) | ((byte(j) >> 6) << 4);
    minima[j + 4] = (byte(j + 8) >> 4) | ((byte(j + 4) >> 6) << 4);
  }
}
