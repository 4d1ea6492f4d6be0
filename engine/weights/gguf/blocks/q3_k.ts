import type { BlockReader } from "./blockReader.ts";
import { readHalf } from "./readHalf.ts";

/** 32 bytes of third bits, 64 of quarters, sixteen 6-bit scales in 12 bytes, f16 d: d (scale - 32) (q - 4). */
export const q3_k: BlockReader = {
  size: 256,
  bytes: 110,
  group: 16,
  read(data, at, parts) {
    parts.d = readHalf(data, at + 108);
    const scales = at + 96;
    for (let g = 0; g < 16; g++) {
      const low = ((data[scales + (g & 7)] as number) >> (4 * (g >> 3))) & 15;
      const high = ((data[scales + 8 + (g & 3)] as number) >> (2 * (g >> 2))) & 3;
      parts.scales[g] = (low | (high << 4)) - 32;
    }
    for (let i = 0; i < 256; i++) {
      const quarter = data[at + 32 + 32 * (i >> 7) + (i & 31)] as number;
      const low = (quarter >> (2 * ((i >> 5) & 3))) & 3;
      const high = ((data[at + (i & 31)] as number) >> (i >> 5)) & 1;
      parts.codes[i] = (low | (high << 2)) - 4;
    }
  },
};
