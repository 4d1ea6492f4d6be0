import type { BlockReader } from "./blockReader.ts";
import { halfBytes } from "./halfBytes.ts";
import { readHalves } from "./readHalves.ts";

/** f16 d and m, 16 bytes of half bytes: d q + m. */
export const q4_1: BlockReader = {
  size: 32,
  bytes: 20,
  group: 32,
  read(data, at, count, { codes, minima, d, dmin }) {
    readHalves(data, at, 20, count, d);
    readHalves(data, at + 2, 20, count, dmin);
    minima.fill(1);
    for (let block = 0; block < count; block++) {
      dmin[block] = -(dmin[block] as number);
      halfBytes(data, at + 20 * block + 4, 16, codes, 32 * block);
    }
  },
};
