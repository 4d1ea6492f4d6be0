import type { BlockReader } from "./blockReader.ts";
import { readHalf } from "./readHalf.ts";
import { sixBitScales } from "./sixBitScales.ts";

/** As Q4_K, with 32 bytes of fifth bits before the half bytes: d scale q - dmin minimum. */
export const q5_k: BlockReader = {
  size: 256,
  bytes: 176,
  group: 32,
  read(data, at, parts) {
    parts.d = readHalf(data, at);
    parts.dmin = readHalf(data, at + 2);
    sixBitScales(data, at + 4, parts);
    for (let i = 0; i < 256; i++) {
      const low = data[at + 48 + 32 * (i >> 6) + (i & 31)] as number;
      const high = ((data[at + 16 + (i & 31)] as number) >> (i >> 5)) & 1;
      parts.codes[i] = ((low >> (4 * ((i >> 5) & 1))) & 15) | (high << 4);
    }
  },
};
