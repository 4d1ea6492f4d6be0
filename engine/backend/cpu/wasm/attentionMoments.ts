import { exp1, exp4 } from "./exp";
import { sumLanes } from "./lanes";

/*
 * What attention keeps of a query beside its log-sum-exp, with x = score - highest score and w = e^x: the sum of w x over keys and
 * sink, and the sum of w times the distance to the key. Both go along with the sum of weights when a higher score comes.
 */

/** Positions of keys [from, to) as floats; `positions` names them, or is 0 where they stand at their own places. */
export function noteKeys(keys: usize, from: i32, to: i32, positions: usize): void {
  for (let i = from; i < to; i++) {
    const key = positions ? load<i32>(positions + ((<usize>i) << 2)) : i;
    store<f32>(keys + ((<usize>(i - from)) << 2), <f32>key);
  }
}

/**
 * `exponentiate`, with its bits, which joins the block's sums to those at `sums`.
 * @param keys where they stand, as floats
 * @param shrink what a higher score makes of the weights before, and `lost` what it adds to their sum of w x
 */
export function momentsOfBlock(
  values: usize,
  count: i32,
  shift: f32,
  keys: usize,
  position: i32,
  shrink: f32,
  lost: f32,
  sums: usize,
): f32 {
  const shifts = f32x4.splat(shift);
  const places = f32x4.splat(<f32>position);
  let weights = f32x4.splat(0);
  let exponents = f32x4.splat(0);
  let distances = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = (<usize>i) << 2;
    const x = f32x4.sub(v128.load(values + at), shifts);
    const weight = exp4(x);
    v128.store(values + at, weight);
    weights = f32x4.add(weights, weight);
    exponents = f32x4.add(exponents, f32x4.mul(weight, bounded(x)));
    const distance = f32x4.sub(places, v128.load(keys + at));
    distances = f32x4.add(distances, f32x4.mul(weight, distance));
  }
  let sum = sumLanes(weights);
  let exponent = sumLanes(exponents);
  let distance = sumLanes(distances);
  for (; i < count; i++) {
    const at = (<usize>i) << 2;
    const x = load<f32>(values + at) - shift;
    const weight = exp1(x);
    store<f32>(values + at, weight);
    sum += weight;
    exponent += weight * max(x, <f32>-110);
    distance += weight * (<f32>position - load<f32>(keys + at));
  }
  if (shrink === 0) {
    store<f32>(sums, exponent);
    store<f32>(sums, distance, 4);
  } else {
    store<f32>(sums, shrink * (load<f32>(sums) + lost) + exponent);
    store<f32>(sums, shrink * load<f32>(sums, 4) + distance, 4);
  }
  return sum;
}

/** What is hidden, at -infinity, has no weight, and 0 times infinity is no number: as low as exp4 tells numbers apart. */
function bounded(x: v128): v128 {
  return f32x4.pmax(f32x4.splat(-110), x);
}

/**
 * The entropy of the keys' part of the pattern in nats, then the mean distance.
 * @param sum of all weights, the sink's among them
 * @param sink its score less the highest; -infinity for none
 */
export function storeMoments(sums: usize, sum: f32, sink: f32, to: usize): void {
  let entropy: f64 = 0;
  let distance: f64 = 0;
  if (sum !== 0) {
    const log = NativeMath.log(<f64>sum);
    entropy = log - <f64>load<f32>(sums) / <f64>sum;
    // with the sink's own term, which is no key's
    const exponent = <f64>sink - log;
    if (exponent > -110) entropy += NativeMath.exp(exponent) * exponent;
    distance = <f64>load<f32>(sums, 4) / <f64>sum;
  }
  store<f32>(to, <f32>max<f64>(entropy, 0));
  store<f32>(to, <f32>distance, 4);
}
