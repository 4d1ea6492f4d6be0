import { bf16Bits, f16Bits } from "../../engine/weights/roundFloat.ts";

/** How weights are written: bytes of a block, and what has to be in it beside random bits. */
export interface SyntheticFormat {
  /** Elements and bytes of a block. */
  readonly block: number;
  readonly bytes: number;
  /** Puts sizes into a block of random bytes at `at`, so that weights come to about 0.02. */
  readonly settle: (data: Uint8Array, at: number) => void;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
function half(data: Uint8Array, at: number, value: number): void {
  float[0] = value;
  const word = f16Bits(bits[0] as number);
  data[at] = word & 255;
  data[at + 1] = word >> 8;
}

/** Spread of the weights. */
const SPREAD = 0.02;

export const FORMATS = {
  bf16: {
    ...{ block: 1, bytes: 2 },
    settle: (data, at) => {
      float[0] = SPREAD * (((data[at] as number) | ((data[at + 1] as number) << 8)) / 32768 - 1);
      const word = bf16Bits(bits[0] as number);
      data[at] = word & 255;
      data[at + 1] = word >> 8;
    },
  },
  q8_0: { block: 32, bytes: 34, settle: (data, at) => half(data, at, SPREAD / 74) },
  q4_k: {
    ...{ block: 256, bytes: 144 },
    settle: (data, at) => {
      half(data, at, SPREAD / 150);
      half(data, at + 2, SPREAD / 20);
    },
  },
  q5_k: {
    ...{ block: 256, bytes: 176 },
    settle: (data, at) => {
      half(data, at, SPREAD / 300);
      half(data, at + 2, SPREAD / 20);
    },
  },
  q6_k: { block: 256, bytes: 210, settle: (data, at) => half(data, at + 208, SPREAD / 1400) },
} as const satisfies Readonly<Record<string, SyntheticFormat>>;

export type FormatName = keyof typeof FORMATS;

/** xorshift32, so that the same numbers come out everywhere. */
export class RandomBytes {
  #state = 0x9e3779b9;

  fill(words: Uint32Array): void {
    let x = this.#state;
    for (let i = 0; i < words.length; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      words[i] = x;
    }
    this.#state = x;
  }
}
