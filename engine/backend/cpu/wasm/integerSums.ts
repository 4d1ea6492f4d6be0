import { limbs, lowBits } from "./integerRows";
import { q5_k, q6_k, q8_0 } from "./panels";

/* Sums of products with rows of x in whole numbers (integerRows.ts): what a row and a tile have in common. */

/** `total` and a sum of whole numbers times its scales: once for a row and in a tile. */
export function addScaled(total: v128, sum: v128, scale: v128): v128 {
  return f32x4.add(total, f32x4.mul(f32x4.convert_i32x4_s(sum), scale));
}

export function dot(sum: v128, codes: v128, x: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(codes, x));
}

/**
 * Low limbs join the high ones with so many more bits: as many as leave 32 bits room for the codes of 32 columns. A tile has its codes so
 * much larger.
 */
export function spareBits<L>(kind: u32): i32 {
  if (limbs<L>() === 1) return 0;
  if (kind === q8_0) return 3;
  return kind === q5_k || kind === q6_k ? 5 : 6;
}

/** Where sums of low limbs begin: with a half of what is cut off when they join the high ones. */
export function lowStart(spare: i32): v128 {
  return i32x4.splat(1 << (lowBits - 1 - spare));
}

/** The sum of products with both limbs; of one limb that alone. */
export function joined<L>(high: v128, low: v128, spare: i32): v128 {
  if (limbs<L>() === 1) return high;
  return i32x4.add(i32x4.shl(high, spare), i32x4.shr_s(low, lowBits - spare));
}

/** The scale of x where sums have more bits. */
export function scaleOf(z: usize, spare: i32): v128 {
  const scale = v128.load32_splat(z);
  return spare ? f32x4.mul(scale, f32x4.splat(<f32>1 / <f32>(1 << spare))) : scale;
}

/** A pair of columns of the high limb, or of the only one; `low2` that of the low limb, if there is one. */
export function high2<L>(x: usize): v128 {
  return limbs<L>() === 2 ? v128.load32_splat(x, 64) : v128.load32_splat(x);
}

export function low2<L>(x: usize): v128 {
  return limbs<L>() === 2 ? v128.load32_splat(x) : i32x4.splat(0);
}

export function dotLow<L>(sum: v128, codes: v128, x: v128): v128 {
  return limbs<L>() === 2 ? dot(sum, codes, x) : sum;
}

/** Bytes of 32 columns of x. */
export function blockBytes<L>(): usize {
  return 32 * sizeof<L>();
}
