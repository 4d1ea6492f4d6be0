import { groupScaleBytes, hasMinima, highBits, runBytes, scales8 } from "./kQuants";
import { halves4, lookup, scale4 } from "./packed";
import { mxfp4, q4_0, q4_k, q5_k, q6_k, q8_0 } from "./panels";

/* A panel of whole numbers as 16-bit lanes, once for several rows of x: [k/2][8][2], and its scales, [k/32][8], of q6_k [k/16][8]. */

/** Are the codes of that kind whole numbers? Those of mxfp4 are halves of such. */
export function isIntegerKind(kind: u32): bool {
  return kind >= q8_0;
}

/** Columns that share a scale of a weight. */
export function scaledColumns(kind: u32): i32 {
  return kind === q6_k ? 16 : 32;
}

/** Codes, 2^spare times as large, to `to`, 16 k bytes, and scales, f32 and as much smaller, to `scales`. */
export function unpackIntegers(
  kind: u32,
  spare: i32,
  codes: usize,
  from: usize,
  k: i32,
  to: usize,
  scales: usize,
): void {
  const smaller = f32x4.splat(<f32>1 / <f32>(1 << spare));
  if (kind === q8_0) {
    const end = codes + ((<usize>k) << 3);
    for (; codes < end; codes += 16) {
      v128.store(to, i16x8.shl(v128.load8x8_s(codes), spare));
      v128.store(to, i16x8.shl(v128.load8x8_s(codes, 8), spare), 16);
      to += 32;
    }
    unpackScales<i16>(from, smaller, k, scales);
  } else if (kind === q4_0) {
    unpackNibbles<i16>(codes, spare, k, to);
    unpackScales<i16>(from, smaller, k, scales);
  } else if (kind === mxfp4) {
    unpackNibbles<u16>(codes, spare, k, to);
    unpackScales<u16>(from, smaller, k, scales);
  } else if (kind === q4_k) unpackGroups<i8>(codes, from, spare, smaller, k, to, scales);
  else if (kind === q5_k) unpackGroups<i16>(codes, from, spare, smaller, k, to, scales);
  else unpackGroups<i32>(codes, from, spare, smaller, k, to, scales);
}

/** Scales of q8_0 and q4_0, i16, or of mxfp4, u16. */
function unpackScales<F>(from: usize, smaller: v128, k: i32, scales: usize): void {
  const end = scales + <usize>k;
  const half = f32x4.splat(0.5);
  for (; scales < end; scales += 16) {
    if (isSigned<F>()) {
      v128.store(scales, f32x4.mul(halves4(from), smaller));
      from += 8;
    } else {
      v128.store(scales, f32x4.mul(f32x4.mul(scale4<u16>(from), half), smaller));
      from += 4;
    }
  }
}

/** Of bytes that hold columns 0, 2, 1, 3 of a row, columns 0 and 1 as signed 16-bit lanes. */
export function firstPair(bytes: v128): v128 {
  return i16x8.shr_s(i16x8.shl(bytes, 8), 8);
}

/** Columns 2 and 3. */
export function secondPair(bytes: v128): v128 {
  return i16x8.shr_s(bytes, 8);
}

/** Four columns of eight rows, four bytes of a row side by side, as two pairs of columns. */
function storePairs(v: v128, u: v128, spare: i32, to: usize): void {
  v128.store(to, i16x8.shl(firstPair(v), spare));
  v128.store(to, i16x8.shl(firstPair(u), spare), 16);
  v128.store(to, i16x8.shl(secondPair(v), spare), 32);
  v128.store(to, i16x8.shl(secondPair(u), spare), 48);
}

function unpackNibbles<F>(codes: usize, spare: i32, k: i32, to: usize): void {
  const table = lookup<F>();
  const low = i8x16.splat(15);
  const end = codes + ((<usize>k) << 2);
  while (codes < end) {
    const stop = codes + 128;
    do {
      const v = v128.load(codes);
      const u = v128.load(codes, 16);
      storePairs(
        v128.swizzle(table, v128.and(v, low)),
        v128.swizzle(table, v128.and(u, low)),
        spare,
        to,
      );
      storePairs(
        v128.swizzle(table, v128.and(i16x8.shr_u(v, 4), low)),
        v128.swizzle(table, v128.and(i16x8.shr_u(u, 4), low)),
        spare,
        to + 256,
      );
      codes += 32;
      to += 64;
    } while (codes < stop);
    to += 256;
  }
}

/** Sixteen codes of q6_k, not yet less 32: bytes whose low halves stand in `low` and whose upper two bits in `highs`, where they belong. */
export function sixBits(low: v128, highs: v128): v128 {
  return v128.or(v128.and(low, i8x16.splat(15)), v128.and(highs, i8x16.splat(48)));
}

/** Sixteen codes whose low halves stand low in `v`, and what is left of them in `highs`, from the lowest bit on. */
function lowCodes<F>(v: v128, highs: v128): v128 {
  if (highBits<F>() === 2) return i8x16.sub(sixBits(v, i16x8.shl(highs, 4)), i8x16.splat(32));
  const low = v128.and(v, i8x16.splat(15));
  if (highBits<F>() === 0) return low;
  return v128.or(low, v128.and(i16x8.shl(highs, 4), i8x16.splat(16)));
}

/** Those whose low halves stand high in `v`; of q5_k the fifth bits stand four higher too. */
function highCodes<F>(v: v128, highs: v128): v128 {
  const down = i16x8.shr_u(v, 4);
  if (highBits<F>() !== 1) return lowCodes<F>(down, highs);
  return v128.or(v128.and(down, i8x16.splat(15)), v128.and(highs, i8x16.splat(16)));
}

function unpackGroups<F>(
  codes: usize,
  from: usize,
  spare: i32,
  smaller: v128,
  k: i32,
  to: usize,
  scales: usize,
): void {
  const runs = k >> 5;
  for (let run: i32 = 0; run < runs; run++) {
    let h0 = i16x8.splat(0);
    let h1 = i16x8.splat(0);
    let g0 = i16x8.splat(0);
    let g1 = i16x8.splat(0);
    if (highBits<F>()) {
      h0 = v128.load(codes, 128);
      h1 = v128.load(codes, 144);
      g0 = highBits<F>() === 2 ? v128.load(codes, 160) : h0;
      g1 = highBits<F>() === 2 ? v128.load(codes, 176) : h1;
    }
    const stop = codes + 128;
    do {
      const v = v128.load(codes);
      const u = v128.load(codes, 16);
      storePairs(lowCodes<F>(v, h0), lowCodes<F>(u, h1), spare, to);
      storePairs(highCodes<F>(v, g0), highCodes<F>(u, g1), spare, to + 256);
      if (highBits<F>()) {
        h0 = i16x8.shr_u(h0, highBits<F>());
        h1 = i16x8.shr_u(h1, highBits<F>());
        g0 = i16x8.shr_u(g0, highBits<F>());
        g1 = i16x8.shr_u(g1, highBits<F>());
      }
      codes += 32;
      to += 64;
    } while (codes < stop);
    codes += runBytes<F>() - 128;
    to += 256;
  }
  for (let group: i32 = 0; group < k >> 8; group++) {
    const d0 = f32x4.mul(halves4(from), smaller);
    const d1 = f32x4.mul(halves4(from + 8), smaller);
    let at = from + (hasMinima<F>() ? 32 : 16);
    const end = at + (hasMinima<F>() ? 64 : 128);
    for (; at < end; at += 8) {
      const both = scales8<F>(at);
      const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(both));
      const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(both));
      v128.store(scales, f32x4.mul(d0, low));
      v128.store(scales, f32x4.mul(d1, high), 16);
      scales += 32;
    }
    from += groupScaleBytes<F>();
  }
}
