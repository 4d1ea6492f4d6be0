import type { BlockReader } from "./blockReader.ts";
import { readHalf } from "./readHalf.ts";

/** 16 bytes of a 4-bit scale below a 4-bit minimum, 64 bytes of quarters, f16 d and dmin: d scale q - dmin minimum. */
export const q2_k: BlockReader = {
  size: 256,
  bytes: 84,
  group: 16,
  read(data, at, parts) {
    parts.d = readHalf(data, at + 80);
    parts.dmin = readHalf(data, at + 82);
    for (let g = 0; g < 16; g++) {
      const packed = data[at + g] as number;
      parts.scales[g] = packed & 15;
      parts.minima[g] = packed >> 4;
    }
    for (let i = 0; i < 256; i++) {
      const byte = data[at + 16 + 32 * (i >> 7) + (i & 31)] as number;
      parts.codes[i] = (byte >> (2 * ((i >> 5) & 3))) & 3;
    }
  },
};
