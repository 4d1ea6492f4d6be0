import type { BlockReader } from "./blockReader.ts";
import { readHalf } from "./readHalf.ts";

/** 128 bytes of low half bytes, 64 of high quarters, 16 signed scales, f16 d: d scale (q - 32). */
export const q6_k: BlockReader = {
  size: 256,
  bytes: 210,
  group: 16,
  read(data, at, parts) {
    parts.d = readHalf(data, at + 208);
    for (let g = 0; g < 16; g++) parts.scales[g] = data[at + 192 + g] as number; // as i8
    for (let i = 0; i < 256; i++) {
      const [part, within] = [i >> 7, i & 127];
      const low = (data[at + 64 * part + (within & 63)] as number) >> (4 * (within >> 6));
      const high = (data[at + 128 + 32 * part + (within & 31)] as number) >> (2 * (within >> 5));
      parts.codes[i] = ((low & 15) | ((high & 3) << 4)) - 32;
    }
  },
};
