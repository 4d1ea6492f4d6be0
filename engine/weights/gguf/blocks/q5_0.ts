import type { BlockReader } from "./blockReader.ts";
import { addFifthBits, halfBytes } from "./halfBytes.ts";
import { readHalves } from "./readHalves.ts";

/** f16 d, 4 bytes of fifth bits, 16 of half bytes: d (q - 16). */
export const q5_0: BlockReader = {
  size: 32,
  bytes: 22,
  group: 32,
  read(data, at, count, { codes, d }) {
    readHalves(data, at, 22, count, d);
    for (let block = 0; block < count; block++) {
      const from = at + 22 * block;
      halfBytes(data, from + 6, 16, codes, 32 * block);
      addFifthBits(data, from + 2, codes, 32 * block);
    }
    for (let i = 0; i < 32 * count; i++) codes[i] = (codes[i] as number) - 16;
  },
};
