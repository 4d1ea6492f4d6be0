/*
 * What products do from registers alone: the vector instructions of the inner loops of integerRowKernel.ts, integerRowKQuants.ts and
 * integerTile.ts, in their numbers, without a load. Codes are earlier products, so that nothing stays the same from turn to turn
 * and nothing is computed once for all. At `x` lie eight numbers of each limb, and eight times the mask of half a byte; each leaves 16
 * bytes at `out`, and takes so many weights in a turn as it says.
 */

/** q8_0, two limbs: 32 weights, in four steps of one widening, two products and two sums. */
export function bytesByTwo(turns: i32, x: usize, out: usize): void {
  const high = v128.load(x);
  const low = v128.load(x, 16);
  let p0 = i32x4.add(high, low);
  let p1 = i32x4.add(p0, high);
  let p2 = i32x4.add(p1, high);
  let p3 = i32x4.add(p2, high);
  let a0 = p0;
  let a1 = p1;
  let c0 = p2;
  let c1 = p3;
  for (let i = 0; i < turns; i++) {
    let w = i16x8.extend_low_i8x16_s(p0);
    p0 = i32x4.dot_i16x8_s(w, high);
    a0 = i32x4.add(a0, p0);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(w, low));
    w = i16x8.extend_low_i8x16_s(p1);
    p1 = i32x4.dot_i16x8_s(w, high);
    a1 = i32x4.add(a1, p1);
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(w, low));
    w = i16x8.extend_low_i8x16_s(p2);
    p2 = i32x4.dot_i16x8_s(w, high);
    a0 = i32x4.add(a0, p2);
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(w, low));
    w = i16x8.extend_low_i8x16_s(p3);
    p3 = i32x4.dot_i16x8_s(w, high);
    a1 = i32x4.add(a1, p3);
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(w, low));
  }
  v128.store(out, v128.xor(v128.xor(a0, a1), v128.xor(c0, c1)));
}

/** q8_0, one limb: 64 weights, in eight steps of one widening, one product and one sum. */
export function bytesByOne(turns: i32, x: usize, out: usize): void {
  const high = v128.load(x);
  let p0 = i32x4.add(high, high);
  let p1 = i32x4.add(p0, high);
  let p2 = i32x4.add(p1, high);
  let p3 = i32x4.add(p2, high);
  let p4 = i32x4.add(p3, high);
  let p5 = i32x4.add(p4, high);
  let p6 = i32x4.add(p5, high);
  let p7 = i32x4.add(p6, high);
  let a0 = p0;
  let a1 = p1;
  for (let i = 0; i < turns; i++) {
    p0 = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(p0), high);
    a0 = i32x4.add(a0, p0);
    p1 = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(p1), high);
    a1 = i32x4.add(a1, p1);
    p2 = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(p2), high);
    a0 = i32x4.add(a0, p2);
    p3 = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(p3), high);
    a1 = i32x4.add(a1, p3);
    p4 = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(p4), high);
    a0 = i32x4.add(a0, p4);
    p5 = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(p5), high);
    a1 = i32x4.add(a1, p5);
    p6 = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(p6), high);
    a0 = i32x4.add(a0, p6);
    p7 = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(p7), high);
    a1 = i32x4.add(a1, p7);
  }
  v128.store(out, v128.xor(a0, a1));
}

/** q4_k, two limbs: 32 weights, taken apart by six instructions, with eight products and eight sums. */
export function halvesByTwo(turns: i32, x: usize, out: usize): void {
  const high = v128.load(x);
  const low = v128.load(x, 16);
  const half = v128.load(x, 32);
  let v = i32x4.add(high, low);
  let a0 = v;
  let a1 = high;
  let c0 = low;
  let c1 = half;
  for (let i = 0; i < turns; i++) {
    let n = v128.and(v, half);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(n, high));
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(n, low));
    n = v128.and(i16x8.shr_u(v, 4), half);
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(n, high));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(n, low));
    n = v128.and(i16x8.shr_u(v, 8), half);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(n, high));
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(n, low));
    n = i16x8.shr_u(v, 12);
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(n, high));
    v = i32x4.dot_i16x8_s(n, low);
    c1 = i32x4.add(c1, v);
  }
  v128.store(out, v128.xor(v128.xor(a0, a1), v128.xor(c0, c1)));
}

/** q4_k, one limb: 64 weights, in two steps of which each takes 32 apart by six instructions, with four products and four sums. */
export function halvesByOne(turns: i32, x: usize, out: usize): void {
  const high = v128.load(x);
  const half = v128.load(x, 32);
  let v = i32x4.add(high, high);
  let u = i32x4.add(v, high);
  let a0 = v;
  let a1 = u;
  for (let i = 0; i < turns; i++) {
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.and(v, half), high));
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(v, 4), half), high));
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(v, 8), half), high));
    v = i32x4.dot_i16x8_s(i16x8.shr_u(v, 12), high);
    a1 = i32x4.add(a1, v);
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.and(u, half), high));
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(u, 4), half), high));
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.and(i16x8.shr_u(u, 8), half), high));
    u = i32x4.dot_i16x8_s(i16x8.shr_u(u, 12), high);
    a1 = i32x4.add(a1, u);
  }
  v128.store(out, v128.xor(a0, a1));
}

/** A tile of four rows of x by eight columns of a panel that is unpacked: in a turn eight products of eight weights and eight sums. */
export function tile(turns: i32, x: usize, out: usize): void {
  const e0 = v128.load(x);
  const e1 = v128.load(x, 16);
  const e2 = v128.load(x, 32);
  const e3 = i32x4.add(e0, e1);
  let w0 = i32x4.add(e0, e2);
  let w1 = i32x4.add(e1, e2);
  let a0 = e0;
  let a1 = e0;
  let b0 = e0;
  let b1 = e0;
  let c0 = e0;
  let c1 = e0;
  let d0 = e0;
  let d1 = e0;
  for (let i = 0; i < turns; i++) {
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(w0, e0));
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(w1, e0));
    b0 = i32x4.add(b0, i32x4.dot_i16x8_s(w0, e1));
    b1 = i32x4.add(b1, i32x4.dot_i16x8_s(w1, e1));
    c0 = i32x4.add(c0, i32x4.dot_i16x8_s(w0, e2));
    c1 = i32x4.add(c1, i32x4.dot_i16x8_s(w1, e2));
    w0 = i32x4.dot_i16x8_s(w0, e3);
    d0 = i32x4.add(d0, w0);
    w1 = i32x4.dot_i16x8_s(w1, e3);
    d1 = i32x4.add(d1, w1);
  }
  const first = v128.xor(v128.xor(a0, a1), v128.xor(b0, b1));
  v128.store(out, v128.xor(first, v128.xor(v128.xor(c0, c1), v128.xor(d0, d1))));
}
