import type { BlockReader } from "./blockReader.ts";
import { halfBytes } from "./halfBytes.ts";
import { lookUpIq4 } from "./lookUpIq4.ts";
import { readHalves } from "./readHalves.ts";

/** f16 d, 2 bytes of high and 4 of low bits of eight 6-bit scales, 128 of half bytes: d (scale - 32) value. */
export const iq4_xs: BlockReader = {
  size: 256,
  bytes: 136,
  group: 32,
  read(data, at, count, { codes, scales, d }) {
    readHalves(data, at, 136, count, d);
    for (let g = 0; g < 8 * count; g++) {
      const [from, j] = [at + 136 * (g >> 3), g & 7];
      const high = ((data[from + 2 + (j >> 2)] as number) >> (2 * (j & 3))) & 3;
      const low = ((data[from + 4 + (j >> 1)] as number) >> (4 * (j & 1))) & 15;
      scales[g] = (low | (high << 4)) - 32;
      halfBytes(data, from + 8 + 16 * j, 16, codes, 32 * g);
    }
    lookUpIq4(codes, 256 * count);
  },
};
