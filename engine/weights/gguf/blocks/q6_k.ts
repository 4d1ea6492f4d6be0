import type { BlockReader } from "./blockReader.ts";
import { readHalves } from "./readHalves.ts";

/** 128 bytes of low half bytes, 64 of high quarters, 16 signed scales, f16 d: d scale (q - 32). */
export const q6_k: BlockReader = {
  size: 256,
  bytes: 210,
  group: 16,
  read(data, at, count, { codes, scales, d }) {
    readHalves(data, at + 208, 210, count, d);
    for (let g = 0; g < 16 * count; g++)
      scales[g] = data[at + 210 * (g >> 4) + 192 + (g & 15)] as number; // as i8
    for (let run = 0; run < 8 * count; run++) {
      const [block, part, row] = [at + 210 * (run >> 3), (run >> 2) & 1, run & 3];
      const lows = block + 64 * part + 32 * (row & 1);
      const highs = block + 128 + 32 * part;
      for (let i = 0; i < 32; i++) {
        const low = ((data[lows + i] as number) >> (4 * (row >> 1))) & 15;
        const high = ((data[highs + i] as number) >> (2 * row)) & 3;
        codes[32 * run + i] = (low | (high << 4)) - 32;
      }
    }
  },
};
