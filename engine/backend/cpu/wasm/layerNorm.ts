import { sumLanes, weightAt } from "./lanes";

function sumOf(x: usize, n: i32): f32 {
  const whole = n & ~3;
  let lanes = f32x4.splat(0);
  for (let i = 0; i < whole; i += 4) lanes = f32x4.add(lanes, v128.load(x + ((<usize>i) << 2)));
  let sum = sumLanes(lanes);
  for (let i = whole; i < n; i++) sum += load<f32>(x + ((<usize>i) << 2));
  return sum;
}

function sumOfSquares(x: usize, mean: f32, n: i32): f32 {
  const whole = n & ~3;
  const means = f32x4.splat(mean);
  let lanes = f32x4.splat(0);
  for (let i = 0; i < whole; i += 4) {
    const centred = f32x4.sub(v128.load(x + ((<usize>i) << 2)), means);
    lanes = f32x4.add(lanes, f32x4.mul(centred, centred));
  }
  let sum = sumLanes(lanes);
  for (let i = whole; i < n; i++) {
    const centred = load<f32>(x + ((<usize>i) << 2)) - mean;
    sum += centred * centred;
  }
  return sum;
}

function scaleRow<W, B>(
  x: usize,
  weight: usize,
  bias: usize,
  mean: f32,
  factor: f32,
  n: i32,
  out: usize,
): void {
  for (let i = 0; i < n; i++) {
    const at = (<usize>i) << 2;
    const w = weightAt<W>(weight + <usize>i * sizeof<W>());
    const b = weightAt<B>(bias + <usize>i * sizeof<B>());
    store<f32>(out + at, (load<f32>(x + at) - mean) * factor * w + b);
  }
}

/** Rows [from, to). */
export function layerNorm(
  bf16: i32,
  biasBf16: i32,
  x: usize,
  weight: usize,
  bias: usize,
  eps: f32,
  n: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  for (let t = from; t < to; t++) {
    const at = (<usize>t * <usize>n) << 2;
    const mean: f32 = sumOf(x + at, n) / <f32>n;
    const factor: f32 = <f32>1 / sqrt<f32>(sumOfSquares(x + at, mean, n) / <f32>n + eps);
    if (bf16 && biasBf16) scaleRow<u16, u16>(x + at, weight, bias, mean, factor, n, out + at);
    else if (bf16) scaleRow<u16, f32>(x + at, weight, bias, mean, factor, n, out + at);
    else if (biasBf16) scaleRow<f32, u16>(x + at, weight, bias, mean, factor, n, out + at);
    else scaleRow<f32, f32>(x + at, weight, bias, mean, factor, n, out + at);
  }
}
