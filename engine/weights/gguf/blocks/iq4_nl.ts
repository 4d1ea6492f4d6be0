import type { BlockReader } from "./blockReader.ts";
import { halfBytes } from "./halfBytes.ts";
import { lookUpIq4 } from "./lookUpIq4.ts";
import { readHalf } from "./readHalf.ts";

/** f16 d, 16 bytes of half bytes that number sixteen values: d value. */
export const iq4_nl: BlockReader = {
  size: 32,
  bytes: 18,
  group: 32,
  read(data, at, parts) {
    parts.d = readHalf(data, at);
    halfBytes(data, at + 2, parts.codes);
    lookUpIq4(parts.codes);
  },
};
