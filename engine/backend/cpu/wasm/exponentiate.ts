import { exp4 } from "./exp";
import { sumLanes } from "./lanes";

export function maximum(values: usize, count: i32): f32 {
  let best: f32 = <f32>-Infinity;
  let i = 0;
  if (count >= 4) {
    let lanes = v128.load(values);
    for (i = 4; i + 4 <= count; i += 4)
      lanes = f32x4.max(lanes, v128.load(values + ((<usize>i) << 2)));
    lanes = f32x4.max(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
    best = max(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1));
  }
  for (; i < count; i++) best = max(best, load<f32>(values + ((<usize>i) << 2)));
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
  if (i === count) return sum;
  // the last one to three, in the lanes of one vector
  const at = values + ((<usize>i) << 2);
  let tail = f32x4.splat(load<f32>(at));
  if (i + 1 < count) tail = f32x4.replace_lane(tail, 1, load<f32>(at, 4));
  if (i + 2 < count) tail = f32x4.replace_lane(tail, 2, load<f32>(at, 8));
  tail = exp4(f32x4.sub(tail, shifts));
  for (; i < count; i++) {
    const value = f32x4.extract_lane(tail, 0);
    store<f32>(values + ((<usize>i) << 2), value);
    sum += value;
    tail = v128.shuffle<f32>(tail, tail, 1, 2, 3, 3);
  }
  return sum;
}
