import { halfValues } from "../../../backend/halfValues.ts";

/** The little-endian f16 at `at` in each of `count` blocks of `bytes`, into `out`. */
export function readHalves(
  data: Uint8Array,
  at: number,
  bytes: number,
  count: number,
  out: Float32Array,
): void {
  const values = halfValues();
  for (let block = 0; block < count; block++) {
    const from = at + block * bytes;
    out[block] = values[(data[from] as number) | ((data[from + 1] as number) << 8)] as number;
  }
}
