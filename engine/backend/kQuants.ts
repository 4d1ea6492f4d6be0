/**
 * ggml's formats whose scales are small whole numbers times one f16 of a group of 256 elements. Codes are of 4, 5 and 6 bits;
 * a group keeps the low four of all its elements in 128 bytes, of two in a byte the low one first, and behind them what
 * is left, from the lowest bit on: one bit each in 32 bytes (q5_k), two bits each in 64 (q6_k).
 *
 * q4_k, q5_k: 20 bytes of scales, f16 d, f16 dmin, eight u8 scales s and eight u8 minima m, for 32 elements each:
 * d s code - dmin m. q6_k: 18 bytes, f16 d and sixteen i8 scales s, for 16 elements each: d s (code - 32).
 *
 * Products are exact in f32, and their difference is rounded to f32 once, on every backend: these are ggml's own numbers.
 */
export type KQuantDType = "q4_k" | "q5_k" | "q6_k";

/** Elements of a group. */
export const K_GROUP = 256;

interface KQuantFormat {
  /** Bits of a code above the low four. */
  readonly highBits: 0 | 1 | 2;
  /** What is taken off a code. */
  readonly offset: 0 | 32;
  /** Elements that share a scale. */
  readonly run: 32 | 16;
  readonly hasMinima: boolean;
}

export const K_QUANTS: Readonly<Record<KQuantDType, KQuantFormat>> = {
  q4_k: { highBits: 0, offset: 0, run: 32, hasMinima: true },
  q5_k: { highBits: 1, offset: 0, run: 32, hasMinima: true },
  q6_k: { highBits: 2, offset: 32, run: 16, hasMinima: false },
};

export function isKQuant(dtype: string): dtype is KQuantDType {
  return Object.hasOwn(K_QUANTS, dtype);
}
