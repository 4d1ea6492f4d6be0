import { column0, column1, column2, column3, scale4, scaleBytes } from "./packed";
import { bf16Kind, codesAt, columnsOf, f32Kind, groupShiftOf, kindOf, scalesAt } from "./panels";
import { rowBf16, rowF32 } from "./rowFloats";

/*
 * One row of x times two panels as they are stored, in the order of sums of tile.ts, of f32 and bf16 in that of floatProduct.ts: what
 * decoding a token does where codes are no whole numbers. Two panels at a time, since the additions of one alone wait for each other.
 */

/** Panels a and b, which may be one, of a weight; eight sums of each. */
export function multiplyRow(w: usize, a: i32, b: i32, x: usize, outA: usize, outB: usize): void {
  const kind = kindOf(w);
  const k = columnsOf(w);
  const codesA = codesAt(w, a);
  const codesB = codesAt(w, b);
  if (kind === f32Kind) rowF32(codesA, codesB, k, x, outA, outB);
  else if (kind === bf16Kind) rowBf16(codesA, codesB, k, x, outA, outB);
  else {
    const scalesA = scalesAt(w, a);
    const scalesB = scalesAt(w, b);
    rowCodes(codesA, codesB, scalesA, scalesB, groupShiftOf(w), k, x, outA, outB);
  }
}

/** `total` and the sum of a block times its scale. */
function scaled(total: v128, sum: v128, scale: usize): v128 {
  return f32x4.add(total, f32x4.mul(sum, scale4<u8>(scale)));
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
    f0 = scaled(f0, a0, scalesA + s);
    f1 = scaled(f1, a1, scalesA + s + four);
    f2 = scaled(f2, b0, scalesB + s);
    f3 = scaled(f3, b1, scalesB + s + four);
  }
  v128.store(outA, f0);
  v128.store(outA, f1, 16);
  v128.store(outB, f2);
  v128.store(outB, f3, 16);
}
