/*
 * What a sampler takes of rows of logits, in float64: the operations of engine/tensor/softmaxSums.ts and expNonPositive.ts, in their
 * order, so that it has their bits. Terms are made two at a time and added one after the other.
 */

/*
 * Numbers of expNonPositive.ts: the least x, 256 / ln 2, ln 2 / 256 in two parts, and those of the series, from 1/24 to 1; and 2^52. They
 * are loaded, since V8 makes a constant vector anew wherever one is used, in four or five instructions.
 */
const constants: usize = memory.data<f64>(
  [
    -745.2, 369.3299304675746, 0.0027076061742263846, -1.6409824502660487e-13, 0.041666666666666664,
    0.16666666666666666, 0.5, 1, 4503599627370496,
  ],
  16,
);

function constant(i: usize): v128 {
  return v128.load64_splat(constants + (i << 3));
}

/** Where the largest of n logits stands first; -1 where one is NaN or infinite, or none is finite. */
export function likeliest(logits: usize, n: i32): i32 {
  const whole = n & ~3;
  let lanes = f32x4.splat(<f32>-Infinity);
  for (let i = 0; i < whole; i += 4)
    lanes = f32x4.max(lanes, v128.load(logits + ((<usize>i) << 2)));
  let highest = max(
    max(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)),
    max(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)),
  );
  for (let i = whole; i < n; i++) highest = max(highest, load<f32>(logits + ((<usize>i) << 2)));
  if (!(highest < <f32>Infinity) || highest === <f32>-Infinity) return -1;
  let best = 0;
  while (load<f32>(logits + ((<usize>best) << 2)) !== highest) best += 1;
  return best;
}

function pairOf(low: f64, high: f64): v128 {
  return f64x2.replace_lane(f64x2.splat(low), 1, high);
}

/** e^shift of two shifts, each 0 or less; of one below the least x it is that of the least. */
export function weights(shifts: v128, fractions: usize, wholes: usize): v128 {
  const half = constant(6);
  const one = constant(7);
  const x = f64x2.pmax(constant(0), shifts);
  const steps = f64x2.sub(half, f64x2.mul(x, constant(1)));
  const count = f64x2.floor(steps);
  const k = f64x2.add(count, constant(8)); // its last bits are the whole number
  let r = f64x2.add(x, f64x2.mul(count, constant(2)));
  r = f64x2.add(r, f64x2.mul(count, constant(3)));
  let series = f64x2.add(constant(5), f64x2.mul(r, constant(4)));
  series = f64x2.add(half, f64x2.mul(r, series));
  series = f64x2.add(one, f64x2.mul(r, series));
  series = f64x2.add(one, f64x2.mul(r, series));
  const low = i32x4.extract_lane(k, 0);
  const high = i32x4.extract_lane(k, 2);
  const fraction = pairOf(
    load<f64>(fractions + ((<usize>(low & 255)) << 3)),
    load<f64>(fractions + ((<usize>(high & 255)) << 3)),
  );
  const power = pairOf(
    load<f64>(wholes + ((<usize>(low >> 8)) << 3)),
    load<f64>(wholes + ((<usize>(high >> 8)) << 3)),
  );
  return f64x2.mul(f64x2.mul(series, fraction), power);
}

/** The weights without those of shifts below the least x, which weigh nothing. */
export function weightsSeen(weight: v128, shifts: v128): v128 {
  return v128.and(weight, f64x2.ge(shifts, constant(0)));
}

/**
 * Of rows of n logits that `rows` lists, those at [from, to) of the list: out gets three doubles each, where the largest logit stands,
 * or -1 where there is no softmax, and the sums of softmaxSums.ts. `fractions` and `wholes` are the tables of expNonPositive.ts.
 */
export function softmaxSums(
  logits: usize,
  rows: usize,
  n: i32,
  fractions: usize,
  wholes: usize,
  out: usize,
  from: i32,
  to: i32,
): void {
  for (let t = from; t < to; t++) {
    const row = logits + ((<usize>load<i32>(rows + ((<usize>t) << 2)) * <usize>n) << 2);
    const sums = out + <usize>t * 24;
    const best = likeliest(row, n);
    store<f64>(sums, best);
    if (best < 0) continue;
    const max = f64x2.splat(<f64>load<f32>(row + ((<usize>best) << 2)));
    let total: f64 = 0;
    let weightedShift: f64 = 0;
    const pairs = n & ~1;
    for (let i = 0; i < n; i += 2) {
      const at = row + ((<usize>i) << 2);
      // behind an odd row the pair is filled up with what weighs nothing
      const two =
        i < pairs
          ? v128.load64_zero(at)
          : f32x4.replace_lane(v128.load32_zero(at), 1, <f32>-Infinity);
      const shifts = f64x2.sub(f64x2.promote_low_f32x4(two), max);
      const isSeen = f64x2.ge(shifts, constant(0));
      const weight = v128.and(weights(shifts, fractions, wholes), isSeen);
      const term = v128.and(f64x2.mul(weight, shifts), isSeen);
      total += f64x2.extract_lane(weight, 0);
      total += f64x2.extract_lane(weight, 1);
      weightedShift += f64x2.extract_lane(term, 0);
      weightedShift += f64x2.extract_lane(term, 1);
    }
    store<f64>(sums, total, 8);
    store<f64>(sums, weightedShift, 16);
  }
}
