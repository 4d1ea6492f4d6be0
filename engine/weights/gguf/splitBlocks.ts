import { notFinite } from "./blocks/decodeBlocks.ts";

/** Blocks of f16 scale and codes side by side, parted into two runs; `data` starts at an even address. */
export interface Split {
  readonly name: string;
  readonly data: Uint8Array;
  readonly codes: Uint8Array;
  readonly scales: Uint8Array;
  /** Blocks of the tensor before the first one, for messages. */
  readonly before: number;
}

export function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

/** Q8_0: an f16 and 32 signed bytes; written out, since loops of 16 take twice as long. @throws WeightsError ERR_WEIGHTS_NAN */
export function splitQ8({ name, data, codes, scales, before }: Split): void {
  const [words, out, halves] = [wordsOf(data), wordsOf(codes), wordsOf(scales)];
  for (let block = 0; block < halves.length; block++) {
    const [from, to] = [17 * block, 16 * block];
    const scale = words[from] as number;
    if ((scale & 0x7c00) === 0x7c00) throw notFinite(name, before + block);
    halves[block] = scale;
    out[to] = words[from + 1] as number;
    out[to + 1] = words[from + 2] as number;
    out[to + 2] = words[from + 3] as number;
    out[to + 3] = words[from + 4] as number;
    out[to + 4] = words[from + 5] as number;
    out[to + 5] = words[from + 6] as number;
    out[to + 6] = words[from + 7] as number;
    out[to + 7] = words[from + 8] as number;
    out[to + 8] = words[from + 9] as number;
    out[to + 9] = words[from + 10] as number;
    out[to + 10] = words[from + 11] as number;
    out[to + 11] = words[from + 12] as number;
    out[to + 12] = words[from + 13] as number;
    out[to + 13] = words[from + 14] as number;
    out[to + 14] = words[from + 15] as number;
    out[to + 15] = words[from + 16] as number;
  }
}

/** Q4_0: an f16 and 16 bytes, byte j of elements j and j + 16; they leave as neighbours. @throws WeightsError ERR_WEIGHTS_NAN */
export function splitQ4({ name, data, codes, scales, before }: Split): void {
  const [words, halves] = [wordsOf(data), wordsOf(scales)];
  for (let block = 0; block < halves.length; block++) {
    const [from, to] = [9 * block, 16 * block];
    const scale = words[from] as number;
    if ((scale & 0x7c00) === 0x7c00) throw notFinite(name, before + block);
    halves[block] = scale;
    for (let i = 0; i < 8; i++) {
      const pair = words[from + 1 + i] as number;
      codes[to + i] = (pair & 15) | ((pair >> 4) & 0xf0);
      codes[to + 8 + i] = ((pair >> 4) & 15) | ((pair >> 8) & 0xf0);
    }
  }
}

/** MXFP4: an exponent and 16 bytes in Q4_0's order. */
export function splitMxfp4({
  data,
  codes,
  scales,
}: Pick<Split, "data" | "codes" | "scales">): void {
  for (let block = 0; block < scales.length; block++) {
    const [from, to] = [17 * block, 16 * block];
    scales[block] = data[from] as number;
    for (let i = 0; i < 8; i++) {
      const [a, b] = [data[from + 1 + 2 * i] as number, data[from + 2 + 2 * i] as number];
      codes[to + i] = (a & 15) | ((b & 15) << 4);
      codes[to + 8 + i] = (a >> 4) | (b & 0xf0);
    }
  }
}
