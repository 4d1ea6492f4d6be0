import { exp1, exp4 } from "./exp";
import { sumLanes } from "./lanes";

/** Elements whose weights are added up in f32; what they come to is added up in f64. */
const BLOCK: i32 = 64;

function largest(x: usize, n: i32): f32 {
  const whole = n & ~3;
  let max = -f32.MAX_VALUE;
  let lanes = f32x4.splat(max);
  for (let i = 0; i < whole; i += 4) lanes = f32x4.max(lanes, v128.load(x + ((<usize>i) << 2)));
  max = f32.max(
    f32.max(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1)),
    f32.max(f32x4.extract_lane(lanes, 2), f32x4.extract_lane(lanes, 3)),
  );
  for (let i = whole; i < n; i++) max = f32.max(max, load<f32>(x + ((<usize>i) << 2)));
  return max;
}

/** The sum of e^(x - max). */
function totalWeight(x: usize, max: f32, n: i32): f64 {
  const whole = n & ~3;
  const shift = f32x4.splat(max);
  let total: f64 = 0;
  for (let start = 0; start < whole; start += BLOCK) {
    const end = min<i32>(start + BLOCK, whole);
    let lanes = f32x4.splat(0);
    for (let i = start; i < end; i += 4)
      lanes = f32x4.add(lanes, exp4(f32x4.sub(v128.load(x + ((<usize>i) << 2)), shift)));
    total += <f64>sumLanes(lanes);
  }
  for (let i = whole; i < n; i++) total += <f64>exp1(load<f32>(x + ((<usize>i) << 2)) - max);
  return total;
}

/** Rows [from, to). */
export function tokenLogProbs(
  logits: usize,
  ids: usize,
  n: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  for (let t = from; t < to; t++) {
    const id = load<i32>(ids + ((<usize>t) << 2));
    let logProb: f32 = 0;
    if (id >= 0 && id < n) {
      const row = logits + ((<usize>t * <usize>n) << 2);
      const max = largest(row, n);
      const own = load<f32>(row + ((<usize>id) << 2));
      logProb = <f32>(<f64>own - <f64>max - NativeMath.log(totalWeight(row, max, n)));
    }
    store<f32>(out + ((<usize>t) << 2), logProb);
  }
}
