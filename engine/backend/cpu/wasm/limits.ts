/** Kernels that do one thing alone, as fast as a thread can, so that no other kernel does it faster: for measuring a machine. */

/** log2 of the bytes of a block. */
const BLOCK_SHIFT: usize = 16;

/** Reads blocks [from, to) of 64 KiB, and leaves 16 bytes of each in `out`. */
export function limitRead(address: usize, out: usize, from: i32, to: i32): void {
  for (let block = from; block < to; block++) {
    let at = address + ((<usize>block) << BLOCK_SHIFT);
    const end = at + ((<usize>1) << BLOCK_SHIFT);
    let a = i32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    do {
      a = v128.xor(a, v128.load(at));
      b = v128.xor(b, v128.load(at, 16));
      c = v128.xor(c, v128.load(at, 32));
      d = v128.xor(d, v128.load(at, 48));
      at += 64;
    } while (at < end);
    v128.store(out + ((<usize>block) << 4), v128.xor(v128.xor(a, b), v128.xor(c, d)));
  }
}

/** Copies blocks [from, to) of 64 KiB. */
export function limitCopy(source: usize, target: usize, from: i32, to: i32): void {
  const start = (<usize>from) << BLOCK_SHIFT;
  memory.copy(target + start, source + start, ((<usize>to) << BLOCK_SHIFT) - start);
}

/**
 * For each of the parts [from, to) `iterations` times 6 multiplications and 6 additions of 4 floats, each on a value of its own, so that
 * units for either need not wait: 48 FLOPs. Leaves 16 bytes of each part in `out`.
 */
export function limitFloats(
  iterations: i32,
  factor: f32,
  term: f32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const by = f32x4.splat(factor);
  const plus = f32x4.splat(term);
  for (let part = from; part < to; part++) {
    let m0 = f32x4.splat(1);
    let m1 = f32x4.splat(2);
    let m2 = f32x4.splat(3);
    let m3 = f32x4.splat(4);
    let m4 = f32x4.splat(5);
    let m5 = f32x4.splat(6);
    let a0 = m0;
    let a1 = m1;
    let a2 = m2;
    let a3 = m3;
    let a4 = m4;
    let a5 = m5;
    for (let i = 0; i < iterations; i++) {
      m0 = f32x4.mul(m0, by);
      a0 = f32x4.add(a0, plus);
      m1 = f32x4.mul(m1, by);
      a1 = f32x4.add(a1, plus);
      m2 = f32x4.mul(m2, by);
      a2 = f32x4.add(a2, plus);
      m3 = f32x4.mul(m3, by);
      a3 = f32x4.add(a3, plus);
      m4 = f32x4.mul(m4, by);
      a4 = f32x4.add(a4, plus);
      m5 = f32x4.mul(m5, by);
      a5 = f32x4.add(a5, plus);
    }
    const products = f32x4.add(f32x4.add(f32x4.add(m0, m1), f32x4.add(m2, m3)), f32x4.add(m4, m5));
    const sums = f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(a4, a5));
    v128.store(out + ((<usize>part) << 4), f32x4.add(products, sums));
  }
}

/**
 * The same of whole numbers of 16 bits: 10 times 8 products, added in pairs, and 10 times 4 additions of 32 bits to such pairs: 160
 * multiplications and additions, as a product of integer rows takes them.
 */
export function limitIntegers(iterations: i32, factor: i32, out: usize, from: i32, to: i32): void {
  const by = i16x8.splat(<i16>factor);
  for (let part = from; part < to; part++) {
    let p0 = i32x4.splat(1);
    let p1 = i32x4.splat(2);
    let p2 = i32x4.splat(3);
    let p3 = i32x4.splat(4);
    let p4 = i32x4.splat(5);
    let p5 = i32x4.splat(6);
    let p6 = i32x4.splat(7);
    let p7 = i32x4.splat(8);
    let p8 = i32x4.splat(9);
    let p9 = i32x4.splat(10);
    let s0 = p0;
    let s1 = p1;
    let s2 = p2;
    for (let i = 0; i < iterations; i++) {
      p0 = i32x4.dot_i16x8_s(p0, by);
      s0 = i32x4.add(s0, p0);
      p1 = i32x4.dot_i16x8_s(p1, by);
      s1 = i32x4.add(s1, p1);
      p2 = i32x4.dot_i16x8_s(p2, by);
      s2 = i32x4.add(s2, p2);
      p3 = i32x4.dot_i16x8_s(p3, by);
      s0 = i32x4.add(s0, p3);
      p4 = i32x4.dot_i16x8_s(p4, by);
      s1 = i32x4.add(s1, p4);
      p5 = i32x4.dot_i16x8_s(p5, by);
      s2 = i32x4.add(s2, p5);
      p6 = i32x4.dot_i16x8_s(p6, by);
      s0 = i32x4.add(s0, p6);
      p7 = i32x4.dot_i16x8_s(p7, by);
      s1 = i32x4.add(s1, p7);
      p8 = i32x4.dot_i16x8_s(p8, by);
      s2 = i32x4.add(s2, p8);
      p9 = i32x4.dot_i16x8_s(p9, by);
      s0 = i32x4.add(s0, p9);
    }
    const sums = i32x4.add(i32x4.add(s0, s1), s2);
    v128.store(out + ((<usize>part) << 4), sums);
  }
}
