import { exp1, exp4 } from "./exp.ts";
import { sumLanes, sumLanes4 } from "./lanes.ts";

/** Keys of one online-softmax step. Blocks begin at multiples of this, so a query's sums do not depend on the step. */
const blockKeys: i32 = 64;

/** Inner product of d floats: four lanes, then their sum, then the last d % 4 terms. */
function dot1(q: usize, k: usize, d: i32): f32 {
  const whole = d & ~3;
  let acc = f32x4.splat(0);
  for (let i = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    acc = f32x4.add(acc, f32x4.mul(v128.load(q + at), v128.load(k + at)));
  }
  let tail: f32 = 0;
  for (let i = whole; i < d; i++) {
    const at = (<usize>i) << 2;
    tail += load<f32>(q + at) * load<f32>(k + at);
  }
  return sumLanes(acc) + tail;
}

function tailDot(q: usize, k: usize, whole: i32, d: i32): f32 {
  let tail: f32 = 0;
  for (let i = whole; i < d; i++) {
    const at = (<usize>i) << 2;
    tail += load<f32>(q + at) * load<f32>(k + at);
  }
  return tail;
}

/** Inner products with four keys `stride` bytes apart, each in the order of `dot1`. */
function dot4(q: usize, k: usize, stride: usize, d: i32): v128 {
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
  let tails = f32x4.splat(0);
  if (whole !== d) {
    tails = f32x4.replace_lane(tails, 0, tailDot(q, k, whole, d));
    tails = f32x4.replace_lane(tails, 1, tailDot(q, k1, whole, d));
    tails = f32x4.replace_lane(tails, 2, tailDot(q, k2, whole, d));
    tails = f32x4.replace_lane(tails, 3, tailDot(q, k3, whole, d));
  }
  return f32x4.add(sumLanes4(acc0, acc1, acc2, acc3), tails);
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
  let i = 0;
  for (; i + 4 <= count; i += 4)
    v128.store(
      scores + ((<usize>i) << 2),
      f32x4.mul(dot4(q, k + <usize>i * stride, stride, d), scales),
    );
  for (; i < count; i++)
    store<f32>(scores + ((<usize>i) << 2), dot1(q, k + <usize>i * stride, d) * scale);
}

/** out = factor out + sum over i of p[i] v[i], i ascending. */
function accumulate(
  p: usize,
  v: usize,
  stride: usize,
  count: i32,
  d: i32,
  factor: f32,
  out: usize,
): void {
  const factors = f32x4.splat(factor);
  let j = 0;
  for (; j + 16 <= d; j += 16) {
    const to = out + ((<usize>j) << 2);
    let acc0 = f32x4.mul(v128.load(to), factors);
    let acc1 = f32x4.mul(v128.load(to, 16), factors);
    let acc2 = f32x4.mul(v128.load(to, 32), factors);
    let acc3 = f32x4.mul(v128.load(to, 48), factors);
    let from = v + ((<usize>j) << 2);
    for (let i = 0; i < count; i++) {
      const weight = v128.load32_splat(p + ((<usize>i) << 2));
      acc0 = f32x4.add(acc0, f32x4.mul(weight, v128.load(from)));
      acc1 = f32x4.add(acc1, f32x4.mul(weight, v128.load(from, 16)));
      acc2 = f32x4.add(acc2, f32x4.mul(weight, v128.load(from, 32)));
      acc3 = f32x4.add(acc3, f32x4.mul(weight, v128.load(from, 48)));
      from += stride;
    }
    v128.store(to, acc0);
    v128.store(to, acc1, 16);
    v128.store(to, acc2, 32);
    v128.store(to, acc3, 48);
  }
  for (; j < d; j++) {
    const to = out + ((<usize>j) << 2);
    let acc = load<f32>(to) * factor;
    let from = v + ((<usize>j) << 2);
    for (let i = 0; i < count; i++) {
      acc += load<f32>(p + ((<usize>i) << 2)) * load<f32>(from);
      from += stride;
    }
    store<f32>(to, acc);
  }
}

function maximum(values: usize, count: i32): f32 {
  let best: f32 = <f32>-Infinity;
  for (let i = 0; i < count; i++) best = max(best, load<f32>(values + ((<usize>i) << 2)));
  return best;
}

/** values[i] = exp(values[i] - shift); returns their sum, i ascending. */
function exponentiate(values: usize, count: i32, shift: f32): f32 {
  const shifts = f32x4.splat(shift);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = values + ((<usize>i) << 2);
    v128.store(at, exp4(f32x4.sub(v128.load(at), shifts)));
  }
  for (; i < count; i++) {
    const at = values + ((<usize>i) << 2);
    store<f32>(at, exp1(load<f32>(at) - shift));
  }
  let sum: f32 = 0;
  for (i = 0; i < count; i++) sum += load<f32>(values + ((<usize>i) << 2));
  return sum;
}

/** One query of one head over keys [first, position]. `scores` is scratch of blockKeys floats. */
function attendOne(
  q: usize,
  k: usize,
  kStride: usize,
  v: usize,
  vStride: usize,
  dKey: i32,
  dValue: i32,
  first: i32,
  position: i32,
  scale: f32,
  out: usize,
  lse: usize,
  scores: usize,
): void {
  memory.fill(out, 0, (<usize>dValue) << 2);
  let highest: f32 = <f32>-Infinity;
  let sum: f32 = 0;
  let from = first;
  while (from <= position) {
    const end = min((from & ~(blockKeys - 1)) + blockKeys, position + 1);
    const count = end - from;
    scoreKeys(q, k + <usize>from * kStride, kStride, dKey, count, scale, scores);
    const next = max(highest, maximum(scores, count));
    const shrink = exp1(highest - next);
    sum = sum * shrink + exponentiate(scores, count, next);
    accumulate(scores, v + <usize>from * vStride, vStride, count, dValue, shrink, out);
    highest = next;
    from = end;
  }
  const inverse: f32 = <f32>1 / sum;
  for (let j = 0; j < dValue; j++) {
    const at = out + ((<usize>j) << 2);
    store<f32>(at, load<f32>(at) * inverse);
  }
  store<f32>(lse, <f32>(<f64>highest + NativeMath.log(<f64>sum)));
}

/** `window` is 0 for none; `v` is k itself in absorbed MLA; vRow is the floats from one position's value to the next. */
export function attention(
  q: usize,
  k: usize,
  v: usize,
  vRow: i32,
  vHead: i32,
  rows: i32,
  start: i32,
  heads: i32,
  kvHeads: i32,
  dKey: i32,
  dValue: i32,
  scale: f32,
  window: i32,
  out: usize,
  lse: usize,
  scratch: usize,
): void {
  const group = heads / kvHeads;
  const kStride = (<usize>(kvHeads * dKey)) << 2;
  const vStride = (<usize>vRow) << 2;
  for (let t = 0; t < rows; t++) {
    const position = start + t;
    const first = window ? max(0, position - window + 1) : 0;
    for (let h = 0; h < heads; h++) {
      const kvHead = h / group;
      const row = t * heads + h;
      attendOne(
        q + ((<usize>(row * dKey)) << 2),
        k + ((<usize>(kvHead * dKey)) << 2),
        kStride,
        v + ((<usize>(kvHead * vHead)) << 2),
        vStride,
        dKey,
        dValue,
        first,
        position,
        scale,
        out + ((<usize>(row * dValue)) << 2),
        lse + ((<usize>row) << 2),
        scratch,
      );
    }
  }
}
