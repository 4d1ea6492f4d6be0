import { halfToNumber } from "../../../backend/widen.ts";

/** The little-endian f16 at a place. */
export function readHalf(data: Uint8Array, at: number): number {
  return halfToNumber((data[at] as number) | ((data[at + 1] as number) << 8));
}
