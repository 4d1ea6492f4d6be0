import type { BlockReader } from "./blockReader.ts";
import { readHalves } from "./readHalves.ts";

/** 16 bytes of a 4-bit scale below a 4-bit minimum, 64 bytes of quarters, f16 d and dmin: d scale q - dmin minimum. */
export const q2_k: BlockReader = {
  size: 256,
  bytes: 84,
  group: 16,
  read(data, at, count, { codes, scales, minima, d, dmin }) {
    readHalves(data, at + 80, 84, count, d);
    readHalves(data, at + 82, 84, count, dmin);
    for (let g = 0; g < 16 * count; g++) {
      const packed = data[at + 84 * (g >> 4) + (g & 15)] as number;
      scales[g] = packed & 15;
      minima[g] = packed >> 4;
    }
    for (let run = 0; run < 8 * count; run++) {
      const from = at + 84 * (run >> 3) + 16 + 32 * ((run >> 2) & 1);
      const shift = 2 * (run & 3);
      for (let i = 0; i < 32; i++) codes[32 * run + i] = ((data[from + i] as number) >> shift) & 3;
    }
  },
};
