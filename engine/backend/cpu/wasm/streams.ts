import { exp1, sigmoid1 } from "./exp";
import { sumLanes, weightAt } from "./lanes";

function at(values: usize, i: i32): f32 {
  return load<f32>(values + ((<usize>i) << 2));
}

function put(values: usize, i: i32, value: f32): void {
  store<f32>(values + ((<usize>i) << 2), value);
}

function parameter(bf16: i32, values: usize, i: i32): f32 {
  return bf16 ? weightAt<u16>(values + ((<usize>i) << 1)) : at(values, i);
}

/** Rows [from, to) of n * width numbers: each n times a row of x. */
export function spreadStreams(x: usize, n: i32, width: i32, out: usize, from: i32, to: i32): void {
  const bytes = (<usize>width) << 2;
  for (let t = from; t < to; t++)
    for (let j = 0; j < n; j++)
      memory.copy(out + <usize>(t * n + j) * bytes, x + <usize>t * bytes, bytes);
}

function squares4(x: usize, sum: v128): v128 {
  const v = v128.load(x);
  return f32x4.add(sum, f32x4.mul(v, v));
}

/** (mean of the squares + eps)^-1/2 */
function inverseRms(x: usize, eps: f32, n: i32): f32 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    const at = x + ((<usize>i) << 2);
    a = squares4(at, a);
    b = squares4(at + 16, b);
    c = squares4(at + 32, c);
    d = squares4(at + 48, d);
  }
  let sum = sumLanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  for (; i < n; i++) sum += at(x, i) * at(x, i);
  return <f32>1 / sqrt<f32>(sum / <f32>n + eps);
}

/** Divides the n numbers that lie `stride` apart by their sum + eps. */
function divideBySum(first: usize, stride: i32, n: i32, eps: f32): void {
  let sum: f32 = 0;
  for (let i = 0; i < n; i++) sum += at(first, i * stride);
  sum += eps;
  for (let i = 0; i < n; i++) put(first, i * stride, at(first, i * stride) / sum);
}

function divideColumns(matrix: usize, n: i32, eps: f32): void {
  for (let k = 0; k < n; k++) divideBySum(matrix + ((<usize>k) << 2), n, n, eps);
}

function divideRows(matrix: usize, n: i32, eps: f32): void {
  for (let j = 0; j < n; j++) divideBySum(matrix + ((<usize>(j * n)) << 2), 1, n, eps);
}

function softmax(row: usize, n: i32, eps: f32): void {
  let highest = at(row, 0);
  for (let k = 1; k < n; k++) highest = max(highest, at(row, k));
  let sum: f32 = 0;
  for (let k = 0; k < n; k++) {
    const share = exp1(at(row, k) - highest);
    put(row, k, share);
    sum += share;
  }
  for (let k = 0; k < n; k++) put(row, k, at(row, k) / sum + eps);
}

/** Rows [from, to). `post` and `comb` are 0 where streams are only read. */
export function streamWeights(
  x: usize,
  logits: usize,
  base: usize,
  baseBf16: i32,
  scale: usize,
  scaleBf16: i32,
  normEps: f32,
  eps: f32,
  sinkhornSteps: i32,
  n: i32,
  width: i32,
  pre: usize,
  post: usize,
  comb: usize,
  from: i32,
  to: i32,
): void {
  const perRow = post ? (2 + n) * n : n;
  for (let t = from; t < to; t++) {
    const all = n * width;
    const factor = inverseRms(x + ((<usize>t * <usize>all) << 2), normEps, all);
    const z = logits + ((<usize>(t * perRow)) << 2);
    const read = parameter(scaleBf16, scale, 0);
    for (let j = 0; j < n; j++)
      put(pre, t * n + j, sigmoid1(at(z, j) * factor * read + parameter(baseBf16, base, j)) + eps);
    if (!post) continue;
    const write = parameter(scaleBf16, scale, 1);
    for (let j = 0; j < n; j++) {
      const value = at(z, n + j) * factor * write + parameter(baseBf16, base, n + j);
      put(post, t * n + j, <f32>2 * sigmoid1(value));
    }
    const mix = parameter(scaleBf16, scale, 2);
    const matrix = comb + ((<usize>(t * n * n)) << 2);
    for (let i = 0; i < n * n; i++) {
      const value = at(z, 2 * n + i) * factor * mix;
      put(matrix, i, value + parameter(baseBf16, base, 2 * n + i));
    }
    for (let j = 0; j < n; j++) softmax(matrix + ((<usize>(j * n)) << 2), n, eps);
    divideColumns(matrix, n, eps);
    for (let step = 1; step < sinkhornSteps; step++) {
      divideRows(matrix, n, eps);
      divideColumns(matrix, n, eps);
    }
  }
}

/**
 * out = first + sum of the n weights, `stride` apart, times the rows of x, in that order; first = own * made, or nothing where made
 * is 0. Sixteen columns at a time, so that a weight is loaded once for all of them.
 */
function mix(
  own: f32,
  made: usize,
  weights: usize,
  stride: i32,
  x: usize,
  n: i32,
  width: i32,
  out: usize,
): void {
  const bytes = (<usize>width) << 2;
  const owns = f32x4.splat(own);
  let i = 0;
  for (; i + 16 <= width; i += 16) {
    const column = (<usize>i) << 2;
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    if (made) {
      a = f32x4.mul(owns, v128.load(made + column));
      b = f32x4.mul(owns, v128.load(made + column, 16));
      c = f32x4.mul(owns, v128.load(made + column, 32));
      d = f32x4.mul(owns, v128.load(made + column, 48));
    }
    let row = x + column;
    for (let j = 0; j < n; j++) {
      const weight = f32x4.splat(at(weights, j * stride));
      a = f32x4.add(a, f32x4.mul(weight, v128.load(row)));
      b = f32x4.add(b, f32x4.mul(weight, v128.load(row, 16)));
      c = f32x4.add(c, f32x4.mul(weight, v128.load(row, 32)));
      d = f32x4.add(d, f32x4.mul(weight, v128.load(row, 48)));
      row += bytes;
    }
    v128.store(out + column, a);
    v128.store(out + column, b, 16);
    v128.store(out + column, c, 32);
    v128.store(out + column, d, 48);
  }
  for (; i < width; i++) {
    let sum: f32 = made ? own * at(made, i) : 0;
    for (let j = 0; j < n; j++) sum += at(weights, j * stride) * at(x + <usize>j * bytes, i);
    put(out, i, sum);
  }
}

/** Rows [from, to). */
export function readStreams(
  x: usize,
  pre: usize,
  n: i32,
  width: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const bytes = (<usize>width) << 2;
  for (let t = from; t < to; t++)
    mix(
      0,
      0,
      pre + ((<usize>(t * n)) << 2),
      1,
      x + <usize>(t * n) * bytes,
      n,
      width,
      out + <usize>t * bytes,
    );
}

/** Rows [from, to). */
export function writeStreams(
  x: usize,
  delta: usize,
  post: usize,
  comb: usize,
  n: i32,
  width: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const bytes = (<usize>width) << 2;
  for (let t = from; t < to; t++)
    for (let k = 0; k < n; k++)
      mix(
        at(post, t * n + k),
        delta + <usize>t * bytes,
        comb + ((<usize>(t * n * n + k)) << 2),
        n,
        x + <usize>(t * n) * bytes,
        n,
        width,
        out + <usize>(t * n + k) * bytes,
      );
}
