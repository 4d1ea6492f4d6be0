import type { BlockReader } from "./blockReader.ts";
import { halfBytes } from "./halfBytes.ts";
import { readHalves } from "./readHalves.ts";
import { sixBitScales } from "./sixBitScales.ts";

/** f16 d and dmin, eight 6-bit scales and minima in 12 bytes, 128 bytes of half bytes: d scale q - dmin minimum. */
export const q4_k: BlockReader = {
  size: 256,
  bytes: 144,
  group: 32,
  read(data, at, count, { codes, scales, minima, d, dmin }) {
    readHalves(data, at, 144, count, d);
    readHalves(data, at + 2, 144, count, dmin);
    sixBitScales(data, at + 4, 144, count, scales, minima);
    for (let run = 0; run < 4 * count; run++)
      halfBytes(data, at + 144 * (run >> 2) + 16 + 32 * (run & 3), 32, codes, 64 * run);
  },
};
