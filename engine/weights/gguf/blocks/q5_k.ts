import type { BlockReader } from "./blockReader.ts";
import { halfBytes } from "./halfBytes.ts";
import { readHalves } from "./readHalves.ts";
import { sixBitScales } from "./sixBitScales.ts";

/** As Q4_K, with 32 bytes of fifth bits before the half bytes: d scale q - dmin minimum. */
export const q5_k: BlockReader = {
  size: 256,
  bytes: 176,
  group: 32,
  read(data, at, count, { codes, scales, minima, d, dmin }) {
    readHalves(data, at, 176, count, d);
    readHalves(data, at + 2, 176, count, dmin);
    sixBitScales(data, at + 4, 176, count, scales, minima);
    for (let run = 0; run < 4 * count; run++)
      halfBytes(data, at + 176 * (run >> 2) + 48 + 32 * (run & 3), 32, codes, 64 * run);
    for (let run = 0; run < 8 * count; run++) {
      const [from, bit] = [at + 176 * (run >> 3) + 16, run & 7];
      for (let i = 0; i < 32; i++) {
        const high = ((data[from + i] as number) >> bit) & 1;
        codes[32 * run + i] = (codes[32 * run + i] as number) | (high << 4);
      }
    }
  },
};
