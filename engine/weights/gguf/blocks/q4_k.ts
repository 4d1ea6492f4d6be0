import type { BlockReader } from "./blockReader.ts";
import { readHalf } from "./readHalf.ts";
import { sixBitScales } from "./sixBitScales.ts";

/** f16 d and dmin, eight 6-bit scales and minima in 12 bytes, 128 bytes of half bytes: d scale q - dmin minimum. */
export const q4_k: BlockReader = {
  size: 256,
  bytes: 144,
  group: 32,
  read(data, at, parts) {
    parts.d = readHalf(data, at);
    parts.dmin = readHalf(data, at + 2);
    sixBitScales(data, at + 4, parts);
    for (let i = 0; i < 256; i++) {
      const byte = data[at + 16 + 32 * (i >> 6) + (i & 31)] as number;
      parts.codes[i] = (byte >> (4 * ((i >> 5) & 1))) & 15;
    }
  },
};
