import type { BlockReader } from "./blockReader.ts";
import { addFifthBits, halfBytes } from "./halfBytes.ts";
import { readHalves } from "./readHalves.ts";

/** f16 d and m, 4 bytes of fifth bits, 16 of half bytes: d q + m. */
export const q5_1: BlockReader = {
  size: 32,
  bytes: 24,
  group: 32,
  read(data, at, count, { codes, minima, d, dmin }) {
    readHalves(data, at, 24, count, d);
    readHalves(data, at + 2, 24, count, dmin);
    minima.fill(1);
    for (let block = 0; block < count; block++) {
      const from = at + 24 * block;
      dmin[block] = -(dmin[block] as number);
      halfBytes(data, from + 8, 16, codes, 32 * block);
      addFifthBits(data, from + 4, codes, 32 * block);
    }
  },
};
