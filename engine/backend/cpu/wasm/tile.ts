import { sumLanes, sumLanes4, weightAt } from "./lanes";

/*
 * Tiles of out[r][n] = sum over k of x[r][k] w[n][k]. Whatever the tile, one sum is taken in one order: for each block
 * of eight k first its evens then its odds (bf16; the rows of x are packed to match) or its two halves (f32), added to
 * four lanes; then the lanes; then the last K % 8 terms. So a row's bits do not depend on the tile that made it.
 */

/** Terms from `start` on, one by one. Packing leaves these elements of x in place. */
function tail<W>(w: usize, x: usize, start: i32, k: i32): f32 {
  let sum: f32 = 0;
  for (let i = start; i < k; i++)
    sum += weightAt<W>(w + <usize>i * sizeof<W>()) * load<f32>(x + ((<usize>i) << 2));
  return sum;
}

function addTails<W>(sums: v128, w: usize, stride: usize, x: usize, start: i32, k: i32): v128 {
  const t0 = f32x4.splat(tail<W>(w, x, start, k));
  const t1 = f32x4.replace_lane(t0, 1, tail<W>(w + stride, x, start, k));
  const t2 = f32x4.replace_lane(t1, 2, tail<W>(w + 2 * stride, x, start, k));
  const t3 = f32x4.replace_lane(t2, 3, tail<W>(w + 3 * stride, x, start, k));
  return f32x4.add(sums, t3);
}

/** The four weights that meet the first four of x: the evens of bf16 pairs, or the first half. */
function first<W>(lead: v128): v128 {
  if (isInteger<W>()) return i32x4.shl(lead, 16);
  return lead;
}

/** The four weights that meet the last four of x: the odds of bf16 pairs, or the second half. */
function second<W>(lead: v128, w: usize, odds: v128): v128 {
  if (isInteger<W>()) return v128.and(lead, odds);
  return v128.load(w, 16);
}

export function tile1x1<W>(w: usize, k: i32, x: usize): f32 {
  const whole = k & ~7;
  const odds = i32x4.splat(0xffff0000);
  let acc = f32x4.splat(0);
  let a = w;
  const end = x + ((<usize>whole) << 2);
  for (let b = x; b < end; b += 32) {
    const w0 = v128.load(a);
    acc = f32x4.add(acc, f32x4.mul(first<W>(w0), v128.load(b)));
    acc = f32x4.add(acc, f32x4.mul(second<W>(w0, a, odds), v128.load(b, 16)));
    a += 8 * sizeof<W>();
  }
  const sum = sumLanes(acc);
  return whole === k ? sum : sum + tail<W>(w, x, whole, k);
}

/** Eight weight rows times one row of x: the matrix-vector product of decoding. */
export function tile8x1<W>(w: usize, stride: usize, k: i32, x: usize, out: usize): void {
  const whole = k & ~7;
  const odds = i32x4.splat(0xffff0000);
  let acc0 = f32x4.splat(0);
  let acc1 = f32x4.splat(0);
  let acc2 = f32x4.splat(0);
  let acc3 = f32x4.splat(0);
  let acc4 = f32x4.splat(0);
  let acc5 = f32x4.splat(0);
  let acc6 = f32x4.splat(0);
  let acc7 = f32x4.splat(0);
  let a = w;
  const w4: usize = 4 * stride;
  const end = x + ((<usize>whole) << 2);
  for (let b = x; b < end; b += 32) {
    const x0 = v128.load(b);
    const x1 = v128.load(b, 16);
    const p1 = a + stride;
    const p2 = p1 + stride;
    const p3 = p2 + stride;
    let lead = v128.load(a);
    acc0 = f32x4.add(acc0, f32x4.mul(first<W>(lead), x0));
    acc0 = f32x4.add(acc0, f32x4.mul(second<W>(lead, a, odds), x1));
    lead = v128.load(p1);
    acc1 = f32x4.add(acc1, f32x4.mul(first<W>(lead), x0));
    acc1 = f32x4.add(acc1, f32x4.mul(second<W>(lead, p1, odds), x1));
    lead = v128.load(p2);
    acc2 = f32x4.add(acc2, f32x4.mul(first<W>(lead), x0));
    acc2 = f32x4.add(acc2, f32x4.mul(second<W>(lead, p2, odds), x1));
    lead = v128.load(p3);
    acc3 = f32x4.add(acc3, f32x4.mul(first<W>(lead), x0));
    acc3 = f32x4.add(acc3, f32x4.mul(second<W>(lead, p3, odds), x1));
    lead = v128.load(a + w4);
    acc4 = f32x4.add(acc4, f32x4.mul(first<W>(lead), x0));
    acc4 = f32x4.add(acc4, f32x4.mul(second<W>(lead, a + w4, odds), x1));
    lead = v128.load(p1 + w4);
    acc5 = f32x4.add(acc5, f32x4.mul(first<W>(lead), x0));
    acc5 = f32x4.add(acc5, f32x4.mul(second<W>(lead, p1 + w4, odds), x1));
    lead = v128.load(p2 + w4);
    acc6 = f32x4.add(acc6, f32x4.mul(first<W>(lead), x0));
    acc6 = f32x4.add(acc6, f32x4.mul(second<W>(lead, p2 + w4, odds), x1));
    lead = v128.load(p3 + w4);
    acc7 = f32x4.add(acc7, f32x4.mul(first<W>(lead), x0));
    acc7 = f32x4.add(acc7, f32x4.mul(second<W>(lead, p3 + w4, odds), x1));
    a += 8 * sizeof<W>();
  }
  let low = sumLanes4(acc0, acc1, acc2, acc3);
  let high = sumLanes4(acc4, acc5, acc6, acc7);
  if (whole !== k) {
    low = addTails<W>(low, w, stride, x, whole, k);
    high = addTails<W>(high, w + w4, stride, x, whole, k);
  }
  v128.store(out, low);
  v128.store(out, high, 16);
}

/** Four weight rows times two rows of x: the matrix product of prefill. */
export function tile4x2<W>(
  w: usize,
  stride: usize,
  k: i32,
  x: usize,
  y: usize,
  outX: usize,
  outY: usize,
): void {
  const whole = k & ~7;
  const odds = i32x4.splat(0xffff0000);
  let x0 = f32x4.splat(0);
  let x1 = f32x4.splat(0);
  let x2 = f32x4.splat(0);
  let x3 = f32x4.splat(0);
  let y0 = f32x4.splat(0);
  let y1 = f32x4.splat(0);
  let y2 = f32x4.splat(0);
  let y3 = f32x4.splat(0);
  let a = w;
  let c = y;
  const end = x + ((<usize>whole) << 2);
  for (let b = x; b < end; b += 32) {
    const a1 = a + stride;
    const a2 = a1 + stride;
    const a3 = a2 + stride;
    const bFirst = v128.load(b);
    const cFirst = v128.load(c);
    const bSecond = v128.load(b, 16);
    const cSecond = v128.load(c, 16);
    let lead = v128.load(a);
    let weight = first<W>(lead);
    x0 = f32x4.add(x0, f32x4.mul(weight, bFirst));
    y0 = f32x4.add(y0, f32x4.mul(weight, cFirst));
    weight = second<W>(lead, a, odds);
    x0 = f32x4.add(x0, f32x4.mul(weight, bSecond));
    y0 = f32x4.add(y0, f32x4.mul(weight, cSecond));
    lead = v128.load(a1);
    weight = first<W>(lead);
    x1 = f32x4.add(x1, f32x4.mul(weight, bFirst));
    y1 = f32x4.add(y1, f32x4.mul(weight, cFirst));
    weight = second<W>(lead, a1, odds);
    x1 = f32x4.add(x1, f32x4.mul(weight, bSecond));
    y1 = f32x4.add(y1, f32x4.mul(weight, cSecond));
    lead = v128.load(a2);
    weight = first<W>(lead);
    x2 = f32x4.add(x2, f32x4.mul(weight, bFirst));
    y2 = f32x4.add(y2, f32x4.mul(weight, cFirst));
    weight = second<W>(lead, a2, odds);
    x2 = f32x4.add(x2, f32x4.mul(weight, bSecond));
    y2 = f32x4.add(y2, f32x4.mul(weight, cSecond));
    lead = v128.load(a3);
    weight = first<W>(lead);
    x3 = f32x4.add(x3, f32x4.mul(weight, bFirst));
    y3 = f32x4.add(y3, f32x4.mul(weight, cFirst));
    weight = second<W>(lead, a3, odds);
    x3 = f32x4.add(x3, f32x4.mul(weight, bSecond));
    y3 = f32x4.add(y3, f32x4.mul(weight, cSecond));
    a += 8 * sizeof<W>();
    c += 32;
  }
  let sumX = sumLanes4(x0, x1, x2, x3);
  let sumY = sumLanes4(y0, y1, y2, y3);
  if (whole !== k) {
    sumX = addTails<W>(sumX, w, stride, x, whole, k);
    sumY = addTails<W>(sumY, w, stride, y, whole, k);
  }
  v128.store(outX, sumX);
  v128.store(outY, sumY);
}
