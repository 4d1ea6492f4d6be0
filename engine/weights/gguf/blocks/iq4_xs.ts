import type { BlockReader } from "./blockReader.ts";
import { halfBytes } from "./halfBytes.ts";
import { lookUpIq4 } from "./lookUpIq4.ts";
import { readHalf } from "./readHalf.ts";

/** f16 d, 2 bytes of high and 4 of low bits of eight 6-bit scales, 128 of half bytes: d (scale - 32) value. */
export const iq4_xs: BlockReader = {
  size: 256,
  bytes: 136,
  group: 32,
  read(data, at, parts) {
    parts.d = readHalf(data, at);
    for (let g = 0; g < 8; g++) {
      const high = ((data[at + 2 + (g >> 2)] as number) >> (2 * (g & 3))) & 3;
      const low = ((data[at + 4 + (g >> 1)] as number) >> (4 * (g & 1))) & 15;
      parts.scales[g] = (low | (high << 4)) - 32;
      halfBytes(data, at + 8 + 16 * g, parts.codes, 32 * g);
    }
    lookUpIq4(parts.codes);
  },
};
