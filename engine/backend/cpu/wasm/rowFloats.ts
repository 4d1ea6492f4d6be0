import { blockColumns } from "./floatProduct";

/* Single rows of x times weights of f32 and bf16, in the order of sums of floatProduct.ts. */

/** Of a block of x. */
const blockBytes: usize = (<usize>blockColumns) << 2;

/** One row of x times two panels of bf16, eight sums each; a single panel is given twice. */
export function rowBf16(a: usize, b: usize, k: i32, x: usize, outA: usize, outB: usize): void {
  const odds = i32x4.splat(0xffff0000);
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let f2 = f32x4.splat(0);
  let f3 = f32x4.splat(0);
  const end = x + ((<usize>k) << 2);
  while (x < end) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    const stop = min(x + blockBytes, end);
    const pairs = stop - ((stop - x) & 4);
    while (x < pairs) {
      const e = v128.load32_splat(x);
      const o = v128.load32_splat(x, 4);
      let v = v128.load(a);
      a0 = f32x4.add(
        f32x4.add(a0, f32x4.mul(i32x4.shl(v, 16), e)),
        f32x4.mul(v128.and(v, odds), o),
      );
      v = v128.load(a, 16);
      a1 = f32x4.add(
        f32x4.add(a1, f32x4.mul(i32x4.shl(v, 16), e)),
        f32x4.mul(v128.and(v, odds), o),
      );
      v = v128.load(b);
      b0 = f32x4.add(
        f32x4.add(b0, f32x4.mul(i32x4.shl(v, 16), e)),
        f32x4.mul(v128.and(v, odds), o),
      );
      v = v128.load(b, 16);
      b1 = f32x4.add(
        f32x4.add(b1, f32x4.mul(i32x4.shl(v, 16), e)),
        f32x4.mul(v128.and(v, odds), o),
      );
      x += 8;
      a += 32;
      b += 32;
    }
    if (x < stop) {
      const e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(i32x4.shl(v128.load(a), 16), e));
      a1 = f32x4.add(a1, f32x4.mul(i32x4.shl(v128.load(a, 16), 16), e));
      b0 = f32x4.add(b0, f32x4.mul(i32x4.shl(v128.load(b), 16), e));
      b1 = f32x4.add(b1, f32x4.mul(i32x4.shl(v128.load(b, 16), 16), e));
      x += 4;
    }
    f0 = f32x4.add(f0, a0);
    f1 = f32x4.add(f1, a1);
    f2 = f32x4.add(f2, b0);
    f3 = f32x4.add(f3, b1);
  }
  v128.store(outA, f0);
  v128.store(outA, f1, 16);
  v128.store(outB, f2);
  v128.store(outB, f3, 16);
}

/** The same of f32. */
export function rowF32(a: usize, b: usize, k: i32, x: usize, outA: usize, outB: usize): void {
  let f0 = f32x4.splat(0);
  let f1 = f32x4.splat(0);
  let f2 = f32x4.splat(0);
  let f3 = f32x4.splat(0);
  const end = x + ((<usize>k) << 2);
  while (x < end) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let b0 = f32x4.splat(0);
    let b1 = f32x4.splat(0);
    const stop = min(x + blockBytes, end);
    do {
      const e = v128.load32_splat(x);
      a0 = f32x4.add(a0, f32x4.mul(v128.load(a), e));
      a1 = f32x4.add(a1, f32x4.mul(v128.load(a, 16), e));
      b0 = f32x4.add(b0, f32x4.mul(v128.load(b), e));
      b1 = f32x4.add(b1, f32x4.mul(v128.load(b, 16), e));
      x += 4;
      a += 32;
      b += 32;
    } while (x < stop);
    f0 = f32x4.add(f0, a0);
    f1 = f32x4.add(f1, a1);
    f2 = f32x4.add(f2, b0);
    f3 = f32x4.add(f3, b1);
  }
  v128.store(outA, f0);
  v128.store(outA, f1, 16);
  v128.store(outB, f2);
  v128.store(outB, f3, 16);
}
