import type { BlockReader } from "./blockReader.ts";
import { readHalves } from "./readHalves.ts";

/** 32 bytes of third bits, 64 of quarters, sixteen 6-bit scales in 12 bytes, f16 d: d (scale - 32) (q - 4). */
export const q3_k: BlockReader = {
  size: 256,
  bytes: 110,
  group: 16,
  read(data, at, count, { codes, scales, d }) {
    readHalves(data, at + 108, 110, count, d);
    for (let g = 0; g < 16 * count; g++) {
      const [from, j] = [at + 110 * (g >> 4) + 96, g & 15];
      const low = ((data[from + (j & 7)] as number) >> (4 * (j >> 3))) & 15;
      const high = ((data[from + 8 + (j & 3)] as number) >> (2 * (j >> 2))) & 3;
      scales[g] = (low | (high << 4)) - 32;
    }
    for (let run = 0; run < 8 * count; run++) {
      const block = at + 110 * (run >> 3);
      const from = block + 32 + 32 * ((run >> 2) & 1);
      const [shift, third] = [2 * (run & 3), run & 7];
      for (let i = 0; i < 32; i++) {
        const low = ((data[from + i] as number) >> shift) & 3;
        const high = ((data[block + i] as number) >> third) & 1;
        codes[32 * run + i] = (low | (high << 2)) - 4;
      }
    }
  },
};
