import type { BlockReader } from "./blockReader.ts";
import { halfBytes } from "./halfBytes.ts";
import { readHalf } from "./readHalf.ts";

/** f16 d and m, 16 bytes of half bytes: d q + m. */
export const q4_1: BlockReader = {
  size: 32,
  bytes: 20,
  group: 32,
  read(data, at, parts) {
    parts.d = readHalf(data, at);
    parts.dmin = -readHalf(data, at + 2);
    parts.minima[0] = 1;
    halfBytes(data, at + 4, parts.codes);
  },
};
