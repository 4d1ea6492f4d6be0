import type { BlockReader } from "./blockReader.ts";
import { halfBytes } from "./halfBytes.ts";
import { lookUpIq4 } from "./lookUpIq4.ts";
import { readHalves } from "./readHalves.ts";

/** f16 d, 16 bytes of half bytes that number sixteen values: d value. */
export const iq4_nl: BlockReader = {
  size: 32,
  bytes: 18,
  group: 32,
  read(data, at, count, { codes, d }) {
    readHalves(data, at, 18, count, d);
    for (let block = 0; block < count; block++)
      halfBytes(data, at + 18 * block + 2, 16, codes, 32 * block);
    lookUpIq4(codes, 32 * count);
  },
};
