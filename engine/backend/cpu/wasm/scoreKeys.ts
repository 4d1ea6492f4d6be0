import { sumLanes, sumLanes4 } from "./lanes";

/** Inner product of d floats: four lanes, then their sum, then the last d % 4 terms. */
export function dot1(q: usize, k: usize, d: i32): f32 {
  const whole = d & ~3;
  let acc = f32x4.splat(0);
  for (let i = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    acc = f32x4.add(acc, f32x4.mul(v128.load(q + at), v128.load(k + at)));
  }
  return whole === d ? sumLanes(acc) : sumLanes(acc) + tailDot(q, k, whole, d);
}

function tailDot(q: usize, k: usize, whole: i32, d: i32): f32 {
  let tail: f32 = 0;
  for (let i = whole; i < d; i++) {
    const at = (<usize>i) << 2;
    tail += load<f32>(q + at) * load<f32>(k + at);
  }
  return tail;
}

/*
 * Loop bodies below hold at most fifteen vectors, their loads among them: see tile.ts.
 */

/** Writes scale times the inner products with four keys `stride` bytes apart, each in the order of `dot1`. */
function dot4(q: usize, k: usize, stride: usize, d: i32, scales: v128, scores: usize): void {
  const whole = d & ~3;
  let acc0 = f32x4.splat(0);
  let acc1 = f32x4.splat(0);
  let acc2 = f32x4.splat(0);
  let acc3 = f32x4.splat(0);
  const k1 = k + stride;
  const k2 = k1 + stride;
  const k3 = k2 + stride;
  for (let i = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    const x = v128.load(q + at);
    acc0 = f32x4.add(acc0, f32x4.mul(x, v128.load(k + at)));
    acc1 = f32x4.add(acc1, f32x4.mul(x, v128.load(k1 + at)));
    acc2 = f32x4.add(acc2, f32x4.mul(x, v128.load(k2 + at)));
    acc3 = f32x4.add(acc3, f32x4.mul(x, v128.load(k3 + at)));
  }
  let sums = sumLanes4(acc0, acc1, acc2, acc3);
  if (whole !== d) sums = addTails(sums, q, k, stride, whole, d);
  v128.store(scores, f32x4.mul(sums, scales));
}

/** The same of two queries, which share the loads of the keys. */
function dot4Twice(
  q: usize,
  other: usize,
  k: usize,
  stride: usize,
  d: i32,
  scales: v128,
  scores: usize,
  otherScores: usize,
): void {
  const whole = d & ~3;
  let acc0 = f32x4.splat(0);
  let acc1 = f32x4.splat(0);
  let acc2 = f32x4.splat(0);
  let acc3 = f32x4.splat(0);
  let acc4 = f32x4.splat(0);
  let acc5 = f32x4.splat(0);
  let acc6 = f32x4.splat(0);
  let acc7 = f32x4.splat(0);
  let a = q;
  let b = other;
  let k0 = k;
  let k1 = k0 + stride;
  let k2 = k1 + stride;
  let k3 = k2 + stride;
  const end = q + ((<usize>whole) << 2);
  while (a < end) {
    const x = v128.load(a);
    const y = v128.load(b);
    let key = v128.load(k0);
    acc0 = f32x4.add(acc0, f32x4.mul(x, key));
    acc4 = f32x4.add(acc4, f32x4.mul(y, key));
    key = v128.load(k1);
    acc1 = f32x4.add(acc1, f32x4.mul(x, key));
    acc5 = f32x4.add(acc5, f32x4.mul(y, key));
    key = v128.load(k2);
    acc2 = f32x4.add(acc2, f32x4.mul(x, key));
    acc6 = f32x4.add(acc6, f32x4.mul(y, key));
    key = v128.load(k3);
    acc3 = f32x4.add(acc3, f32x4.mul(x, key));
    acc7 = f32x4.add(acc7, f32x4.mul(y, key));
    a += 16;
    b += 16;
    k0 += 16;
    k1 += 16;
    k2 += 16;
    k3 += 16;
  }
  let sums = sumLanes4(acc0, acc1, acc2, acc3);
  let otherSums = sumLanes4(acc4, acc5, acc6, acc7);
  if (whole !== d) {
    sums = addTails(sums, q, k, stride, whole, d);
    otherSums = addTails(otherSums, other, k, stride, whole, d);
  }
  v128.store(scores, f32x4.mul(sums, scales));
  v128.store(otherScores, f32x4.mul(otherSums, scales));
}

/** Adds the last d % 4 terms of four keys. */
function addTails(sums: v128, q: usize, k: usize, stride: usize, whole: i32, d: i32): v128 {
  let tails = f32x4.splat(tailDot(q, k, whole, d));
  tails = f32x4.replace_lane(tails, 1, tailDot(q, k + stride, whole, d));
  tails = f32x4.replace_lane(tails, 2, tailDot(q, k + (stride << 1), whole, d));
  tails = f32x4.replace_lane(tails, 3, tailDot(q, k + 3 * stride, whole, d));
  return f32x4.add(sums, tails);
}

/** scores[i] = scale q.k[i]. */
export function scoreKeys(
  q: usize,
  k: usize,
  stride: usize,
  d: i32,
  count: i32,
  scale: f32,
  scores: usize,
): void {
  const scales = f32x4.splat(scale);
  if (count < 4) {
    for (let i = 0; i < count; i++)
      store<f32>(scores + ((<usize>i) << 2), dot1(q, k + <usize>i * stride, d) * scale);
    return;
  }
  for (let i = 0; i < count; i += 4) {
    // what is left over is taken with some that are done already
    const from = <usize>min(i, count - 4);
    dot4(q, k + from * stride, stride, d, scales, scores + (from << 2));
  }
}

/** `scoreKeys` of two queries; the second one's scores come `apart` bytes behind the first one's. */
export function scoreKeysTwice(
  q: usize,
  other: usize,
  k: usize,
  stride: usize,
  d: i32,
  count: i32,
  scale: f32,
  scores: usize,
  apart: usize,
): void {
  if (count < 4) {
    scoreKeys(q, k, stride, d, count, scale, scores);
    scoreKeys(other, k, stride, d, count, scale, scores + apart);
    return;
  }
  const scales = f32x4.splat(scale);
  for (let i = 0; i < count; i += 4) {
    const from = <usize>min(i, count - 4);
    const to = scores + (from << 2);
    dot4Twice(q, other, k + from * stride, stride, d, scales, to, to + apart);
  }
}
