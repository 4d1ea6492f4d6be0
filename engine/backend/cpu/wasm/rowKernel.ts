import { isKKind, multiplyRowK } from "./kQuants";
import { column0, column1, column2, column3, lookup, scale4, scaleBytes, unit } from "./packed";
import {
  bf16Kind,
  codesAt,
  columnsOf,
  f8e4m3,
  f32Kind,
  groupShiftOf,
  kindOf,
  mxfp4,
  q8_0,
  scalesAt,
} from "./panels";
import { rowBf16, rowF32 } from "./rowFloats";

/*
 * One row of x times two panels as they are stored, in the order of sums of tile.ts, of f32 and bf16 in that of floatProduct.ts: what
 * decoding a token does. Two panels at a time, since the additions of one alone wait for each other.
 */

/**
 * Panels a and b, which may be one, of a weight; eight sums of each. `sums` has those of x over every 32 columns, where the weight
 * has minima.
 */
export function multiplyRow(
  w: usize,
  a: i32,
  b: i32,
  x: usize,
  sums: usize,
  outA: usize,
  outB: usize,
): void {
  const kind = kindOf(w);
  const k = columnsOf(w);
  const codesA = codesAt(w, a);
  const codesB = codesAt(w, b);
  if (kind === f32Kind) rowF32(codesA, codesB, k, x, outA, outB);
  else if (kind === bf16Kind) rowBf16(codesA, codesB, k, x, outA, outB);
  else {
    const shift = groupShiftOf(w);
    const scalesA = scalesAt(w, a);
    const scalesB = scalesAt(w, b);
    if (isKKind(kind)) {
      multiplyRowK(kind, codesA, scalesA, k, x, sums, outA);
      if (a !== b) multiplyRowK(kind, codesB, scalesB, k, x, sums, outB);
    } else if (kind === q8_0) rowPairs(codesA, codesB, scalesA, scalesB, k, x, outA, outB);
    else if (kind === f8e4m3) rowCodes(codesA, codesB, scalesA, scalesB, shift, k, x, outA, outB);
    else if (kind === mxfp4)
      rowNibbles<u16>(codesA, codesB, scalesA, scalesB, shift, k, x, outA, outB);
    else rowNibbles<i16>(codesA, codesB, scalesA, scalesB, shift, k, x, outA, outB);
  }
}

/** `total` and the sum of a block times its scale. */
function scaled<F>(total: v128, sum: v128, scale: usize): v128 {
  const units = f32x4.splat(unit<F>());
  return f32x4.add(total, f32x4.mul(f32x4.mul(sum, units), scale4<F>(scale)));
}

/** Codes of q8_0. Both are doubled 16 times, one in the upper half of each lane. */
function rowPairs(
  a: usize,
  b: usize,
  scalesA: usize,
  scalesB: usize,
  k: i32,
  x: usize,
  outA: usize,
  outB: usize,
): void {
  const upper = i32x4.splat(0xffff0000);
  const end = x + ((<usize>k) << 2);
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let f2 = f32x4.splat(0);
  let f3 = f32x4.splat(0);
  let isSecond: usize = 0;
  while (x < end) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    const stop = x + 64;
    do {
      const v0 = v128.load8x8_s(a);
      const v1 = v128.load8x8_s(a, 8);
      const u0 = v128.load8x8_s(b);
      const u1 = v128.load8x8_s(b, 8);
      let e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(v0, 16)), e));
      a1 = f32x4.add(a1, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(v1, 16)), e));
      b0 = f32x4.add(b0, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(u0, 16)), e));
      b1 = f32x4.add(b1, f32x4.mul(f32x4.convert_i32x4_s(i32x4.shl(u1, 16)), e));
      e = v128.load32_splat(x, 4);
      a0 = f32x4.add(a0, f32x4.mul(f32x4.convert_i32x4_s(v128.and(v0, upper)), e));
      a1 = f32x4.add(a1, f32x4.mul(f32x4.convert_i32x4_s(v128.and(v1, upper)), e));
      b0 = f32x4.add(b0, f32x4.mul(f32x4.convert_i32x4_s(v128.and(u0, upper)), e));
      b1 = f32x4.add(b1, f32x4.mul(f32x4.convert_i32x4_s(v128.and(u1, upper)), e));
      x += 8;
      a += 16;
      b += 16;
    } while (x < stop);
    f0 = scaled<i8>(f0, a0, scalesA);
    f1 = scaled<i8>(f1, a1, scalesA + 8);
    f2 = scaled<i8>(f2, b0, scalesB);
    f3 = scaled<i8>(f3, b1, scalesB + 8);
    scalesA += isSecond;
    scalesB += isSecond;
    isSecond ^= 16;
  }
  v128.store(outA, f0);
  v128.store(outA, f1, 16);
  v128.store(outB, f2);
  v128.store(outB, f3, 16);
}

/** Codes of f8e4m3. */
function rowCodes(
  a: usize,
  b: usize,
  scalesA: usize,
  scalesB: usize,
  shift: i32,
  k: i32,
  x: usize,
  outA: usize,
  outB: usize,
): void {
  const four = 4 * scaleBytes<u8>();
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let f2 = f32x4.splat(0);
  let f3 = f32x4.splat(0);
  for (let i = 0; i < k; i += 16) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    const stop = x + 64;
    do {
      const v0 = v128.load(a);
      const v1 = v128.load(a, 16);
      const u0 = v128.load(b);
      const u1 = v128.load(b, 16);
      let e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(column0<u8>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column0<u8>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column0<u8>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column0<u8>(u1), e));
      e = v128.load32_splat(x, 4);
      a0 = f32x4.add(a0, f32x4.mul(column1<u8>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column1<u8>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column1<u8>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column1<u8>(u1), e));
      e = v128.load32_splat(x, 8);
      a0 = f32x4.add(a0, f32x4.mul(column2<u8>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column2<u8>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column2<u8>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column2<u8>(u1), e));
      e = v128.load32_splat(x, 12);
      a0 = f32x4.add(a0, f32x4.mul(column3<u8>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column3<u8>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column3<u8>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column3<u8>(u1), e));
      x += 16;
      a += 32;
      b += 32;
    } while (x < stop);
    const s = <usize>(i >> shift) * 2 * four;
    f0 = scaled<u8>(f0, a0, scalesA + s);
    f1 = scaled<u8>(f1, a1, scalesA + s + four);
    f2 = scaled<u8>(f2, b0, scalesB + s);
    f3 = scaled<u8>(f3, b1, scalesB + s + four);
  }
  v128.store(outA, f0);
  v128.store(outA, f1, 16);
  v128.store(outB, f2);
  v128.store(outB, f3, 16);
}

/** Codes of four bits: of 32 columns first the sixteen in low halves of bytes, then those in high ones. */
function rowNibbles<F>(
  a: usize,
  b: usize,
  scalesA: usize,
  scalesB: usize,
  shift: i32,
  k: i32,
  x: usize,
  outA: usize,
  outB: usize,
): void {
  const four = 4 * scaleBytes<F>();
  const table = lookup<F>();
  const low = i8x16.splat(15);
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let f2 = f32x4.splat(0);
  let f3 = f32x4.splat(0);
  for (let i = 0; i < k; i += 32) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    let stop = x + 64;
    do {
      const v0 = v128.swizzle(table, v128.and(v128.load(a), low));
      const v1 = v128.swizzle(table, v128.and(v128.load(a, 16), low));
      const u0 = v128.swizzle(table, v128.and(v128.load(b), low));
      const u1 = v128.swizzle(table, v128.and(v128.load(b, 16), low));
      let e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(column0<F>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column0<F>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column0<F>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column0<F>(u1), e));
      e = v128.load32_splat(x, 4);
      a0 = f32x4.add(a0, f32x4.mul(column1<F>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column1<F>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column1<F>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column1<F>(u1), e));
      e = v128.load32_splat(x, 8);
      a0 = f32x4.add(a0, f32x4.mul(column2<F>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column2<F>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column2<F>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column2<F>(u1), e));
      e = v128.load32_splat(x, 12);
      a0 = f32x4.add(a0, f32x4.mul(column3<F>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column3<F>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column3<F>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column3<F>(u1), e));
      x += 16;
      a += 32;
      b += 32;
    } while (x < stop);
    const s = <usize>(i >> shift) * 2 * four;
    f0 = scaled<F>(f0, a0, scalesA + s);
    f1 = scaled<F>(f1, a1, scalesA + s + four);
    f2 = scaled<F>(f2, b0, scalesB + s);
    f3 = scaled<F>(f3, b1, scalesB + s + four);
    a0 = f32x4.splat(0);
    a1 = f32x4.splat(0);
    b0 = f32x4.splat(0);
    b1 = f32x4.splat(0);
    stop = x + 64;
    a -= 128;
    b -= 128;
    do {
      const v0 = v128.swizzle(table, v128.and(i16x8.shr_u(v128.load(a), 4), low));
      const v1 = v128.swizzle(table, v128.and(i16x8.shr_u(v128.load(a, 16), 4), low));
      const u0 = v128.swizzle(table, v128.and(i16x8.shr_u(v128.load(b), 4), low));
      const u1 = v128.swizzle(table, v128.and(i16x8.shr_u(v128.load(b, 16), 4), low));
      let e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(column0<F>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column0<F>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column0<F>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column0<F>(u1), e));
      e = v128.load32_splat(x, 4);
      a0 = f32x4.add(a0, f32x4.mul(column1<F>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column1<F>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column1<F>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column1<F>(u1), e));
      e = v128.load32_splat(x, 8);
      a0 = f32x4.add(a0, f32x4.mul(column2<F>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column2<F>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column2<F>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column2<F>(u1), e));
      e = v128.load32_splat(x, 12);
      a0 = f32x4.add(a0, f32x4.mul(column3<F>(v0), e));
      a1 = f32x4.add(a1, f32x4.mul(column3<F>(v1), e));
      b0 = f32x4.add(b0, f32x4.mul(column3<F>(u0), e));
      b1 = f32x4.add(b1, f32x4.mul(column3<F>(u1), e));
      x += 16;
      a += 32;
      b += 32;
    } while (x < stop);
    f0 = scaled<F>(f0, a0, scalesA + s);
    f1 = scaled<F>(f1, a1, scalesA + s + four);
    f2 = scaled<F>(f2, b0, scalesB + s);
    f3 = scaled<F>(f3, b1, scalesB + s + four);
  }
  v128.store(outA, f0);
  v128.store(outA, f1, 16);
  v128.store(outB, f2);
  v128.store(outB, f3, 16);
}
