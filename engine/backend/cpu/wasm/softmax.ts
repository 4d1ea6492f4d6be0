/*
 * The softmax of rows and its logarithm, in float64 rounded once: the operations of engine/tensor/softmax.ts, in their order, so that they
 * have its bits.
 */
import { likeliest, weights, weightsSeen } from "./softmaxSums";

/** Two doubles as f32 in the low half. */
function rounded(pair: v128): v128 {
  return f32x4.demote_f64x2_zero(pair);
}

/**
 * Rows [from, to) of n: e^x over their sum. `best` gets a whole number for each, where the largest stands, or -1 where there is no softmax
 * and nothing is written. `fractions` and `wholes` are the tables of expNonPositive.ts; the scratch has n doubles, and one more.
 */
export function softmaxOfRows(
  x: usize,
  n: i32,
  fractions: usize,
  wholes: usize,
  out: usize,
  best: usize,
  from: i32,
  to: i32,
  scratch: usize,
): void {
  const pairs = n & ~1;
  for (let row = from; row < to; row++) {
    const first = (<usize>row * <usize>n) << 2;
    const place = likeliest(x + first, n);
    store<i32>(best + ((<usize>row) << 2), place);
    if (place < 0) continue;
    const max = f64x2.splat(<f64>load<f32>(x + first + ((<usize>place) << 2)));
    let total: f64 = 0;
    for (let i = 0; i < n; i += 2) {
      const at = x + first + ((<usize>i) << 2);
      // behind an odd row the pair is filled up with what weighs nothing
      const two =
        i < pairs
          ? v128.load64_zero(at)
          : f32x4.replace_lane(v128.load32_zero(at), 1, <f32>-Infinity);
      const shifts = f64x2.sub(f64x2.promote_low_f32x4(two), max);
      const weight = weightsSeen(weights(shifts, fractions, wholes), shifts);
      v128.store(scratch + ((<usize>i) << 3), weight);
      total += f64x2.extract_lane(weight, 0);
      total += f64x2.extract_lane(weight, 1);
    }
    const sum = f64x2.splat(total);
    for (let i = 0; i < n; i += 2) {
      const share = rounded(f64x2.div(v128.load(scratch + ((<usize>i) << 3)), sum));
      const to = out + first + ((<usize>i) << 2);
      if (i < pairs) v128.store64_lane(to, share, 0);
      else v128.store32_lane(to, share, 0);
    }
  }
}

/**
 * Rows [from, to) of n: x less the largest, less the logarithm of the total. `sums` has the doubles of softmaxSums for each row, with the
 * logarithm in the total's place; nothing is written of rows without a softmax.
 */
export function logSoftmaxOfRows(
  x: usize,
  n: i32,
  sums: usize,
  out: usize,
  from: i32,
  to: i32,
): void {
  const pairs = n & ~1;
  for (let row = from; row < to; row++) {
    const known = sums + <usize>row * 24;
    const place = <i32>load<f64>(known);
    if (place < 0) continue;
    const first = (<usize>row * <usize>n) << 2;
    const max = <f64>load<f32>(x + first + ((<usize>place) << 2));
    const logTotal = load<f64>(known, 8);
    const most = f64x2.splat(max);
    const logs = f64x2.splat(logTotal);
    for (let i = 0; i < pairs; i += 2) {
      const two = v128.load64_zero(x + first + ((<usize>i) << 2));
      const shifts = f64x2.sub(f64x2.promote_low_f32x4(two), most);
      v128.store64_lane(out + first + ((<usize>i) << 2), rounded(f64x2.sub(shifts, logs)), 0);
    }
    if (pairs === n) continue;
    const last = first + ((<usize>pairs) << 2);
    store<f32>(out + last, <f32>(<f64>load<f32>(x + last) - max - logTotal));
  }
}
