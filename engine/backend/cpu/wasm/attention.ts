import { exp1, exp4 } from "./exp";
import { bitsAt, hide, soften, temperatureOf } from "./headEdits";
import { sumLanes, sumLanes4, weightAt } from "./lanes";

/** Keys of one online-softmax step. Blocks begin at multiples of this, so a query's sums do not depend on the step. */
const blockKeys: i32 = 64;

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

/** Writes scale times the inner products with eight keys `stride` bytes apart, each in the order of `dot1`. */
function dot8(q: usize, k: usize, stride: usize, d: i32, scales: v128, scores: usize): void {
  const whole = d & ~3;
  let acc0 = f32x4.splat(0);
  let acc1 = f32x4.splat(0);
  let acc2 = f32x4.splat(0);
  let acc3 = f32x4.splat(0);
  let acc4 = f32x4.splat(0);
  let acc5 = f32x4.splat(0);
  let acc6 = f32x4.splat(0);
  let acc7 = f32x4.splat(0);
  const four: usize = 4 * stride;
  const k1 = k + stride;
  const k2 = k1 + stride;
  const k3 = k2 + stride;
  for (let i = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    const x = v128.load(q + at);
    const p0 = k + at;
    const p1 = k1 + at;
    const p2 = k2 + at;
    const p3 = k3 + at;
    acc0 = f32x4.add(acc0, f32x4.mul(x, v128.load(p0)));
    acc1 = f32x4.add(acc1, f32x4.mul(x, v128.load(p1)));
    acc2 = f32x4.add(acc2, f32x4.mul(x, v128.load(p2)));
    acc3 = f32x4.add(acc3, f32x4.mul(x, v128.load(p3)));
    acc4 = f32x4.add(acc4, f32x4.mul(x, v128.load(p0 + four)));
    acc5 = f32x4.add(acc5, f32x4.mul(x, v128.load(p1 + four)));
    acc6 = f32x4.add(acc6, f32x4.mul(x, v128.load(p2 + four)));
    acc7 = f32x4.add(acc7, f32x4.mul(x, v128.load(p3 + four)));
  }
  let low = sumLanes4(acc0, acc1, acc2, acc3);
  let high = sumLanes4(acc4, acc5, acc6, acc7);
  if (whole !== d) {
    low = addTails(low, q, k, stride, whole, d);
    high = addTails(high, q, k + four, stride, whole, d);
  }
  v128.store(scores, f32x4.mul(low, scales));
  v128.store(scores, f32x4.mul(high, scales), 16);
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
  let i = 0;
  for (; i + 8 <= count; i += 8)
    dot8(q, k + <usize>i * stride, stride, d, scales, scores + ((<usize>i) << 2));
  for (; i < count; i++)
    store<f32>(scores + ((<usize>i) << 2), dot1(q, k + <usize>i * stride, d) * scale);
}

/** Thirty-two columns of `accumulate`, eight sums at a time. */
function accumulate32(
  p: usize,
  v: usize,
  stride: usize,
  count: i32,
  factors: v128,
  out: usize,
): void {
  let acc0 = f32x4.mul(v128.load(out, 0), factors);
  let acc1 = f32x4.mul(v128.load(out, 16), factors);
  let acc2 = f32x4.mul(v128.load(out, 32), factors);
  let acc3 = f32x4.mul(v128.load(out, 48), factors);
  let acc4 = f32x4.mul(v128.load(out, 64), factors);
  let acc5 = f32x4.mul(v128.load(out, 80), factors);
  let acc6 = f32x4.mul(v128.load(out, 96), factors);
  let acc7 = f32x4.mul(v128.load(out, 112), factors);
  let from = v;
  for (let i = 0; i < count; i++) {
    const weight = v128.load32_splat(p + ((<usize>i) << 2));
    acc0 = f32x4.add(acc0, f32x4.mul(weight, v128.load(from, 0)));
    acc1 = f32x4.add(acc1, f32x4.mul(weight, v128.load(from, 16)));
    acc2 = f32x4.add(acc2, f32x4.mul(weight, v128.load(from, 32)));
    acc3 = f32x4.add(acc3, f32x4.mul(weight, v128.load(from, 48)));
    acc4 = f32x4.add(acc4, f32x4.mul(weight, v128.load(from, 64)));
    acc5 = f32x4.add(acc5, f32x4.mul(weight, v128.load(from, 80)));
    acc6 = f32x4.add(acc6, f32x4.mul(weight, v128.load(from, 96)));
    acc7 = f32x4.add(acc7, f32x4.mul(weight, v128.load(from, 112)));
    from += stride;
  }
  v128.store(out, acc0, 0);
  v128.store(out, acc1, 16);
  v128.store(out, acc2, 32);
  v128.store(out, acc3, 48);
  v128.store(out, acc4, 64);
  v128.store(out, acc5, 80);
  v128.store(out, acc6, 96);
  v128.store(out, acc7, 112);
}

/** out = factor out + sum over i of p[i] v[i], i ascending. */
export function accumulate(
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
  for (; j + 32 <= d; j += 32) {
    const at = (<usize>j) << 2;
    accumulate32(p, v + at, stride, count, factors, out + at);
  }
  for (; j + 4 <= d; j += 4) {
    const to = out + ((<usize>j) << 2);
    let acc = f32x4.mul(v128.load(to), factors);
    let from = v + ((<usize>j) << 2);
    for (let i = 0; i < count; i++) {
      const weight = v128.load32_splat(p + ((<usize>i) << 2));
      acc = f32x4.add(acc, f32x4.mul(weight, v128.load(from)));
      from += stride;
    }
    v128.store(to, acc);
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

export function maximum(values: usize, count: i32): f32 {
  let best: f32 = <f32>-Infinity;
  for (let i = 0; i < count; i++) best = max(best, load<f32>(values + ((<usize>i) << 2)));
  return best;
}

/** values[i] = exp(values[i] - shift); returns their sum: lanes first, then what is left over. */
export function exponentiate(values: usize, count: i32, shift: f32): f32 {
  const shifts = f32x4.splat(shift);
  let sums = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = values + ((<usize>i) << 2);
    const value = exp4(f32x4.sub(v128.load(at), shifts));
    v128.store(at, value);
    sums = f32x4.add(sums, value);
  }
  let sum = sumLanes(sums);
  for (; i < count; i++) {
    const at = values + ((<usize>i) << 2);
    const value = exp1(load<f32>(at) - shift);
    store<f32>(at, value);
    sum += value;
  }
  return sum;
}

/**
 * One query of one head over keys [first, position]. `sink` is a logit without a value, or -infinity; `scores` is scratch
 * of blockKeys floats. `bits` is 0 where nothing is masked; `positions` names the keys for the mask, or is 0 where they
 * stand at their own places.
 */
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
  sink: f32,
  temperature: f32,
  bits: usize,
  words: i32,
  positions: usize,
  out: usize,
  lse: usize,
  scores: usize,
): void {
  memory.fill(out, 0, (<usize>dValue) << 2);
  let highest = sink;
  let sum: f32 = sink > <f32>-Infinity ? 1 : 0;
  let from = first;
  while (from <= position) {
    const end = min((from & ~(blockKeys - 1)) + blockKeys, position + 1);
    const count = end - from;
    scoreKeys(q, k + <usize>from * kStride, kStride, dKey, count, scale, scores);
    if (temperature !== 1) soften(scores, count, temperature);
    if (bits) hide(scores, from, count, positions, bits, words);
    const next = max(highest, maximum(scores, count));
    if (next !== <f32>-Infinity) {
      const shrink = exp1(highest - next);
      sum = sum * shrink + exponentiate(scores, count, next);
      accumulate(scores, v + <usize>from * vStride, vStride, count, dValue, shrink, out);
      highest = next;
    }
    from = end;
  }
  store<f32>(lse, <f32>(<f64>highest + NativeMath.log(<f64>sum)));
  if (sum === 0) return; // nothing is seen
  const inverse: f32 = <f32>1 / sum;
  for (let j = 0; j < dValue; j++) {
    const at = out + ((<usize>j) << 2);
    store<f32>(at, load<f32>(at) * inverse);
  }
}

/** The address 0 stands for no sinks. */
export function sinkOf(bf16: i32, sinks: usize, head: i32): f32 {
  if (!sinks) return <f32>-Infinity;
  if (bf16) return weightAt<u16>(sinks + ((<usize>head) << 1));
  return load<f32>(sinks + ((<usize>head) << 2));
}

/**
 * Rows [from, to), of which each is a head of a token. `window` and `map` are 0 for none; `bits` are words of the mask. `v` is k
 * itself in absorbed MLA; vRow is the floats from one position's value to the next.
 */
export function attention(
  q: usize,
  k: usize,
  v: usize,
  vRow: i32,
  vHead: i32,
  start: i32,
  heads: i32,
  kvHeads: i32,
  dKey: i32,
  dValue: i32,
  scale: f32,
  window: i32,
  sinks: usize,
  sinksBf16: i32,
  temperatures: usize,
  map: usize,
  bits: usize,
  words: i32,
  out: usize,
  lse: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const group = heads / kvHeads;
  const kStride = (<usize>(kvHeads * dKey)) << 2;
  const vStride = (<usize>vRow) << 2;
  for (let row = from; row < to; row++) {
    const position = start + row / heads;
    const h = row % heads;
    const kvHead = h / group;
    attendOne(
      q + ((<usize>(row * dKey)) << 2),
      k + ((<usize>(kvHead * dKey)) << 2),
      kStride,
      v + ((<usize>(kvHead * vHead)) << 2),
      vStride,
      dKey,
      dValue,
      window ? max(0, position - window + 1) : 0,
      position,
      scale,
      sinkOf(sinksBf16, sinks, h),
      temperatureOf(temperatures, h),
      bitsAt(map, bits, words, row),
      words,
      0,
      out + ((<usize>(row * dValue)) << 2),
      lse + ((<usize>row) << 2),
      scratch,
    );
  }
}

/** Moves the rows that a selection of `count` positions names to stand one after another. */
function gatherRows(
  from: usize,
  rowBytes: usize,
  dBytes: usize,
  selection: usize,
  count: i32,
  to: usize,
): void {
  for (let j = 0; j < count; j++) {
    const s = <usize>load<i32>(selection + ((<usize>j) << 2));
    memory.copy(to + <usize>j * dBytes, from + s * rowBytes, dBytes);
  }
}

/**
 * Attention over min(k, position + 1) selected keys, of the rows [from, to), of which each is a head of a token. Selected rows are
 * gathered once for all heads here that share them, so the scratch holds blockKeys + k (dKey + dValue) floats. `v` is k itself in absorbed MLA.
 */
export function attentionOver(
  selection: usize,
  k: i32,
  q: usize,
  keys: usize,
  v: usize,
  vRow: i32,
  vHead: i32,
  start: i32,
  heads: i32,
  kvHeads: i32,
  dKey: i32,
  dValue: i32,
  scale: f32,
  sinks: usize,
  sinksBf16: i32,
  temperatures: usize,
  map: usize,
  bits: usize,
  words: i32,
  out: usize,
  lse: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const group = heads / kvHeads;
  const keyBytes = (<usize>dKey) << 2;
  const valueBytes = (<usize>dValue) << 2;
  const someKeys = scratch + ((<usize>blockKeys) << 2);
  const someValues = someKeys + <usize>k * keyBytes;
  let gathered = -1;
  for (let row = from; row < to; row++) {
    const t = row / heads;
    const h = row % heads;
    const kvHead = h / group;
    const chosen = selection + ((<usize>t * <usize>k) << 2);
    const count = min(k, start + t + 1);
    if (gathered !== row / group) {
      gathered = row / group;
      const key = keys + <usize>kvHead * keyBytes;
      gatherRows(key, <usize>kvHeads * keyBytes, keyBytes, chosen, count, someKeys);
      const value = v + ((<usize>(kvHead * vHead)) << 2);
      gatherRows(value, (<usize>vRow) << 2, valueBytes, chosen, count, someValues);
    }
    attendOne(
      q + <usize>row * keyBytes,
      someKeys,
      keyBytes,
      someValues,
      valueBytes,
      dKey,
      dValue,
      0,
      count - 1,
      scale,
      sinkOf(sinksBf16, sinks, h),
      temperatureOf(temperatures, h),
      bitsAt(map, bits, words, row),
      words,
      chosen,
      out + <usize>row * valueBytes,
      lse + ((<usize>row) << 2),
      scratch,
    );
  }
}
