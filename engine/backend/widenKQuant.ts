import type { PackedBytes } from "./backend.ts";
import { halfValues } from "./halfValues.ts";
import { K_GROUP, K_QUANTS, type KQuantDType } from "./kQuants.ts";

/** Bytes of the low four bits of a group's codes. */
const LOW_BYTES = K_GROUP / 2;

/** Writes the numbers that whole groups stand for into `out` from `offset` on. */
export function widenKQuant(
  dtype: KQuantDType,
  { data, scales }: Pick<PackedBytes, "data" | "scales">,
  out: Float32Array | Float64Array,
  offset: number,
): void {
  const { highBits, offset: zero, run, hasMinima } = K_QUANTS[dtype];
  const groupBytes = LOW_BYTES + (K_GROUP * highBits) / 8;
  const runs = K_GROUP / run;
  const firstScale = hasMinima ? 4 : 2;
  const scaleBytes = firstScale + (hasMinima ? 2 : 1) * runs;
  const halves = halfValues();
  const half = (at: number) =>
    halves[(scales[at] as number) | ((scales[at + 1] as number) << 8)] as number;
  const codes = new Uint8Array(K_GROUP);
  const count = Math.floor(data.byteLength / groupBytes);
  for (let group = 0; group < count; group++) {
    unpackCodes(data, group * groupBytes, highBits, codes);
    const at = group * scaleBytes;
    const d = half(at);
    const dmin = hasMinima ? half(at + 2) : 0;
    for (let r = 0; r < runs; r++) {
      const byte = scales[at + firstScale + r] as number;
      const scale = d * (hasMinima ? byte : (byte << 24) >> 24);
      const minimum = hasMinima ? dmin * (scales[at + firstScale + runs + r] as number) : 0;
      const to = offset + group * K_GROUP;
      for (let i = r * run; i < (r + 1) * run; i++)
        out[to + i] = Math.fround(scale * ((codes[i] as number) - zero) - minimum);
    }
  }
}

function unpackCodes(data: Uint8Array, at: number, highBits: number, out: Uint8Array): void {
  for (let i = 0; i < LOW_BYTES; i++) {
    const byte = data[at + i] as number;
    out[2 * i] = byte & 15;
    out[2 * i + 1] = byte >> 4;
  }
  if (highBits === 0) return;
  const [mask, perByte] = [(1 << highBits) - 1, 8 / highBits];
  for (let i = 0; i < K_GROUP; i++) {
    const byte = data[at + LOW_BYTES + Math.floor(i / perByte)] as number;
    out[i] = (out[i] as number) | (((byte >> (highBits * (i % perByte))) & mask) << 4);
  }
}
