import type { KQuantDType } from "../../backend/kQuants.ts";
import { notFinite } from "./blocks/decodeBlocks.ts";
import { type Split, wordsOf } from "./splitBlocks.ts";

/**
 * Blocks of 256 elements as ggml has them, parted into codes and scales as kQuants.ts lays them out; all three runs start at
 * multiples of four.
 * @throws WeightsError ERR_WEIGHTS_NAN
 */
export function splitKQuant(dtype: KQuantDType, split: Split): void {
  SPLITS[dtype](split);
}

const SPLITS: Readonly<Record<KQuantDType, (split: Split) => void>> = {
  /** f16 d and dmin, eight 6-bit scales and minima in 12 bytes, 128 bytes of half bytes. */
  q4_k(split) {
    sixBitScales(split, 144);
    const [from, to] = [doubleWordsOf(split.data), doubleWordsOf(split.codes)];
    const count = to.length / 32;
    for (let block = 0; block < count; block++) halfBytes(from, 36 * block + 4, to, 32 * block);
  },
  /** As Q4_K, with 32 bytes before the half bytes, of which byte i has bit r for element i of run r. */
  q5_k(split) {
    sixBitScales(split, 176);
    const [from, to] = [doubleWordsOf(split.data), doubleWordsOf(split.codes)];
    const count = to.length / 40;
    for (let block = 0; block < count; block++) {
      halfBytes(from, 44 * block + 12, to, 40 * block);
      fifthBits(from, 44 * block + 4, split.codes, 160 * block + 128);
    }
  },
  /** Of each half: 64 bytes of low half bytes; then 64 of quarters; 16 signed scales; f16 d. */
  q6_k({ name, data, codes, scales, before }) {
    const [words, halves] = [wordsOf(data), wordsOf(scales)];
    const count = codes.length / 192;
    for (let block = 0; block < count; block++) {
      const [from, to] = [105 * block, 192 * block];
      halves[9 * block] = finite(name, words[from + 104] as number, before + block);
      for (let i = 0; i < 8; i++) halves[9 * block + 1 + i] = words[from + 96 + i] as number;
      for (let i = 0; i < 64; i++) {
        const pair = words[from + i] as number;
        const at = to + i + (i & 32); // bytes 0 to 31 of the first half, then of the second
        codes[at] = (pair & 15) | ((pair >> 4) & 0xf0);
        codes[at + 32] = ((pair >> 4) & 15) | ((pair >> 8) & 0xf0);
      }
      for (let i = 0; i < 64; i++) {
        const [shift, at] = [2 * ((i >> 3) & 3), from + 64 + 16 * (i >> 5) + 2 * (i & 7)];
        codes[to + 128 + i] =
          quarters(words[at] as number, shift) | (quarters(words[at + 1] as number, shift) << 4);
      }
    }
  },
};

function doubleWordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

/** 128 bytes, of which byte i of each 32 has elements i and i + 32, to bytes of neighbours. */
function halfBytes(words: Uint32Array, from: number, out: Uint32Array, to: number): void {
  for (let part = 0; part < 32; part += 8)
    for (let i = 0; i < 4; i++) {
      const a = words[from + part + 2 * i] as number;
      const b = words[from + part + 2 * i + 1] as number;
      out[to + part + i] = lowHalves(a) | (lowHalves(b) << 16);
      out[to + part + 4 + i] = lowHalves(a >>> 4) | (lowHalves(b >>> 4) << 16);
    }
}

/** The low halves of four bytes as two bytes. */
function lowHalves(word: number): number {
  const halves = word & 0x0f0f0f0f;
  const pairs = (halves | (halves >>> 4)) & 0x00ff00ff;
  return (pairs | (pairs >>> 8)) & 0xffff;
}

/** Eight bits each of 32 bytes, bit by bit: byte 4 r + m has bit r of bytes 8 m to 8 m + 7. */
function fifthBits(words: Uint32Array, from: number, out: Uint8Array, to: number): void {
  for (let m = 0; m < 4; m++) {
    const [a, b] = [words[from + 2 * m] as number, words[from + 2 * m + 1] as number];
    for (let r = 0; r < 8; r++) out[to + 4 * r + m] = lowBits(a >>> r) | (lowBits(b >>> r) << 4);
  }
}

/** The lowest bits of four bytes as neighbours. */
function lowBits(word: number): number {
  return (Math.imul(word & 0x01010101, 0x01020408) >>> 24) & 15;
}

/** Two bits each of two bytes as neighbours. */
function quarters(word: number, shift: number): number {
  const two = (word >> shift) & 0x0303;
  return (two | (two >> 6)) & 15;
}

/** d, dmin and the numbers that 12 bytes behind them hold. */
function sixBitScales({ name, data, scales, before }: Split, blockBytes: number): void {
  const [words, out] = [doubleWordsOf(data), doubleWordsOf(scales)];
  const count = out.length / 5;
  for (let block = 0; block < count; block++) {
    const [from, to] = [(blockBytes / 4) * block, 5 * block];
    const halves = words[from] as number;
    finite(name, halves & 0xffff, before + block);
    finite(name, halves >>> 16, before + block);
    const [scale, minimum] = [words[from + 1] as number, words[from + 2] as number];
    const rest = words[from + 3] as number;
    out[to] = halves;
    out[to + 1] = scale & 0x3f3f3f3f;
    out[to + 2] = (rest & 0x0f0f0f0f) | ((scale >>> 2) & 0x30303030);
    out[to + 3] = minimum & 0x3f3f3f3f;
    out[to + 4] = ((rest >>> 4) & 0x0f0f0f0f) | ((minimum >>> 2) & 0x30303030);
  }
}

/** The same f16. */
function finite(name: string, half: number, block: number): number {
  if ((half & 0x7c00) === 0x7c00) throw notFinite(name, block);
  return half;
}
