import type { BlockReader } from "./blockReader.ts";
import { addFifthBits, halfBytes } from "./halfBytes.ts";
import { readHalf } from "./readHalf.ts";

/** f16 d and m, 4 bytes of fifth bits, 16 of half bytes: d q + m. */
export const q5_1: BlockReader = {
  size: 32,
  bytes: 24,
  group: 32,
  read(data, at, parts) {
    parts.d = readHalf(data, at);
    parts.dmin = -readHalf(data, at + 2);
    parts.minima[0] = 1;
    halfBytes(data, at + 8, parts.codes);
    addFifthBits(data, at + 4, parts.codes);
  },
};
