import type { BlockReader } from "./blockReader.ts";
import { addFifthBits, halfBytes } from "./halfBytes.ts";
import { readHalf } from "./readHalf.ts";

/** f16 d, 4 bytes of fifth bits, 16 of half bytes: d (q - 16). */
export const q5_0: BlockReader = {
  size: 32,
  bytes: 22,
  group: 32,
  read(data, at, parts) {
    parts.d = readHalf(data, at);
    halfBytes(data, at + 6, parts.codes);
    addFifthBits(data, at + 2, parts.codes);
    for (let i = 0; i < 32; i++) parts.codes[i] = (parts.codes[i] as number) - 16;
  },
};
