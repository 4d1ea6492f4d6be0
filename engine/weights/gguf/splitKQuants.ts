import type { KQuantDType } from "../../backend/kQuants.ts";
import { notFinite } from "./blocks/decodeBlocks.ts";
import type { Split } from "./splitBlocks.ts";

/** Blocks of 256 elements as ggml has them, parted into codes and scales as kQuants.ts lays them out. @throws WeightsError ERR_WEIGHTS_NAN */
export function splitKQuant(dtype: KQuantDType, split: Split): void {
  SPLITS[dtype](split);
}

const SPLITS: Readonly<Record<KQuantDType, (split: Split) => void>> = {
  /** f16 d and dmin, eight 6-bit scales and minima in 12 bytes, 128 bytes of half bytes. */
  q4_k(split) {
    const { data, codes } = split;
    sixBitScales(split, 144);
    const count = codes.length / 128;
    for (let block = 0; block < count; block++)
      halfBytes(data, 144 * block + 16, codes, 128 * block);
  },
  /** As Q4_K, with 32 bytes before the half bytes, of which byte i has bit r for element i of run r. */
  q5_k(split) {
    const { data, codes } = split;
    sixBitScales(split, 176);
    const count = codes.length / 160;
    for (let block = 0; block < count; block++) {
      const [from, to] = [176 * block + 16, 160 * block + 128];
      halfBytes(data, 176 * block + 48, codes, 160 * block);
      for (let i = 0; i < 32; i++) {
        const [run, at] = [i >> 2, from + 8 * (i & 3)]; // eight neighbours of a run
        let byte = 0;
        for (let j = 0; j < 8; j++) byte |= (((data[at + j] as number) >> run) & 1) << j;
        codes[to + i] = byte;
      }
    }
  },
  /** Of each half: 64 bytes of low half bytes; then 64 of quarters; 16 signed scales; f16 d. */
  q6_k({ name, data, codes, scales, before }) {
    const count = codes.length / 192;
    for (let block = 0; block < count; block++) {
      const from = 210 * block;
      checkHalf(name, data, from + 208, before + block);
      const at = 18 * block;
      scales[at] = data[from + 208] as number;
      scales[at + 1] = data[from + 209] as number;
      for (let i = 0; i < 16; i++) scales[at + 2 + i] = data[from + 192 + i] as number;
      for (let part = 0; part < 2; part++) {
        const lows = from + 64 * part;
        const to = 192 * block + 64 * part;
        for (let i = 0; i < 32; i++) {
          const [a, b] = [data[lows + 2 * i] as number, data[lows + 2 * i + 1] as number];
          codes[to + i] = (a & 15) | ((b & 15) << 4);
          codes[to + 32 + i] = (a >> 4) | (b & 0xf0);
        }
        const highs = from + 128 + 32 * part;
        for (let i = 0; i < 32; i++) {
          const [shift, source] = [2 * (i >> 3), highs + 4 * (i & 7)]; // four neighbours of a run of 32
          codes[192 * block + 128 + 32 * part + i] =
            (((data[source] as number) >> shift) & 3) |
            ((((data[source + 1] as number) >> shift) & 3) << 2) |
            ((((data[source + 2] as number) >> shift) & 3) << 4) |
            ((((data[source + 3] as number) >> shift) & 3) << 6);
        }
      }
    }
  },
};

/** 128 bytes, of which byte i of each 32 has elements i and i + 32, to bytes of neighbours. */
function halfBytes(data: Uint8Array, from: number, codes: Uint8Array, to: number): void {
  for (let part = 0; part < 128; part += 32)
    for (let i = 0; i < 16; i++) {
      const at = from + part + 2 * i;
      const [a, b] = [data[at] as number, data[at + 1] as number];
      codes[to + part + i] = (a & 15) | ((b & 15) << 4);
      codes[to + part + 16 + i] = (a >> 4) | (b & 0xf0);
    }
}

/** d, dmin and the numbers that 12 bytes behind them hold. */
function sixBitScales({ name, data, scales, before }: Split, blockBytes: number): void {
  const count = scales.length / 20;
  for (let block = 0; block < count; block++) {
    const [from, to] = [blockBytes * block, 20 * block];
    checkHalf(name, data, from, before + block);
    checkHalf(name, data, from + 2, before + block);
    for (let i = 0; i < 4; i++) {
      scales[to + i] = data[from + i] as number;
      const scale = data[from + 4 + i] as number;
      const minimum = data[from + 8 + i] as number;
      const rest = data[from + 12 + i] as number;
      scales[to + 4 + i] = scale & 63;
      scales[to + 8 + i] = (rest & 15) | ((scale >> 6) << 4);
      scales[to + 12 + i] = minimum & 63;
      scales[to + 16 + i] = (rest >> 4) | ((minimum >> 6) << 4);
    }
  }
}

function checkHalf(name: string, data: Uint8Array, at: number, block: number): void {
  if (((data[at + 1] as number) & 0x7c) === 0x7c) throw notFinite(name, block);
}
