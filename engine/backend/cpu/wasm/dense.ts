import { addBias } from "./bias";
import { readRow } from "./elements";
import { exp4 } from "./exp";
import { multiplyIntegers } from "./integerMultiply";
import { integerRowBytes } from "./integerRows";
import { sumLanes, weightAt } from "./lanes";
import { multiply } from "./multiply";
import { fillPointers } from "./packRows";
import { columnsOf, panelRows, rowsOf } from "./panels";

/** @returns the first row whose id is outside the table, or -1 */
export function embed(
  table: usize,
  ids: usize,
  out: usize,
  rows: i32,
  vocab: i32,
  width: i32,
): i32 {
  for (let t = 0; t < rows; t++) {
    const id = load<i32>(ids + ((<usize>t) << 2));
    if (<u32>id >= <u32>vocab) return t;
    readRow(table, id, 0, width, out + ((<usize>t * width) << 2));
  }
  return -1;
}

function normalize<W>(x: usize, weight: usize, eps: f32, n: i32, out: usize): void {
  const whole = n & ~3;
  let squares = f32x4.splat(0);
  for (let i = 0; i < whole; i += 4) {
    const v = v128.load(x + ((<usize>i) << 2));
    squares = f32x4.add(squares, f32x4.mul(v, v));
  }
  let sum = sumLanes(squares);
  for (let i = whole; i < n; i++) {
    const v = load<f32>(x + ((<usize>i) << 2));
    sum += v * v;
  }
  const factor: f32 = <f32>1 / sqrt<f32>(sum / <f32>n + eps);
  const factors = f32x4.splat(factor);
  for (let i = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    let w: v128;
    if (isInteger<W>()) w = i32x4.shl(v128.load16x4_u(weight + ((<usize>i) << 1)), 16);
    else w = v128.load(weight + at);
    v128.store(out + at, f32x4.mul(f32x4.mul(v128.load(x + at), factors), w));
  }
  for (let i = whole; i < n; i++) {
    const at = (<usize>i) << 2;
    store<f32>(out + at, load<f32>(x + at) * factor * weightAt<W>(weight + <usize>i * sizeof<W>()));
  }
}

export function normalizeRow(
  bf16: i32,
  x: usize,
  weight: usize,
  eps: f32,
  n: i32,
  out: usize,
): void {
  if (bf16) normalize<u16>(x, weight, eps, n, out);
  else normalize<f32>(x, weight, eps, n, out);
}

/** Rows [from, to). */
export function rmsNorm(
  bf16: i32,
  x: usize,
  weight: usize,
  eps: f32,
  n: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const step = (<usize>n) << 2;
  for (let t = from; t < to; t++)
    normalizeRow(bf16, x + <usize>t * step, weight, eps, n, out + <usize>t * step);
}

/**
 * Of the columns of panels [panelFrom, panelTo): out = x w^T + bias + residual. `bias` (f32 or bf16) and `residual` are 0 where there is
 * none. `x` has floats where `limbs` is 0, or is in whole numbers of so many limbs, as quantizeRows makes them.
 */
export function matmul(
  w: usize,
  limbs: i32,
  x: usize,
  bias: usize,
  biasBf16: i32,
  residual: usize,
  rows: i32,
  out: usize,
  panelFrom: i32,
  panelTo: i32,
  scratch: usize,
): void {
  const n = rowsOf(w);
  const pointers = (<usize>rows) << 2;
  const space = scratch + (((pointers << 1) + 15) & ~15);
  fillPointers(scratch, x, rowBytesOf(w, limbs), rows);
  fillPointers(scratch + pointers, out, (<usize>n) << 2, rows);
  product(w, limbs, 0, scratch, scratch + pointers, rows, panelFrom, panelTo, space);
  if (!bias && !residual) return;
  const first = panelFrom * panelRows;
  const count = min(panelTo * panelRows, n) - first;
  const at = (<usize>first) << 2;
  for (let t = 0; t < rows; t++) {
    const row = ((<usize>t * n) << 2) + at;
    if (bias) addBias(biasBf16, bias, <usize>first, count, out + row);
    if (residual) add(out + row, residual + row, out + row, 0, count);
  }
}

/** Bytes of a row of x. */
export function rowBytesOf(w: usize, limbs: i32): usize {
  const k = columnsOf(w);
  if (limbs === 0) return (<usize>k) << 2;
  return limbs === 1 ? integerRowBytes<i16>(k) : integerRowBytes<i32>(k);
}

/** `multiply`, of rows of x in floats or in whole numbers. */
export function product(
  w: usize,
  limbs: i32,
  matrix: i32,
  xs: usize,
  outs: usize,
  rows: i32,
  panelFrom: i32,
  panelTo: i32,
  space: usize,
): void {
  if (limbs === 1) multiplyIntegers<i16>(w, matrix, xs, outs, rows, panelFrom, panelTo, space);
  else if (limbs === 2) multiplyIntegers<i32>(w, matrix, xs, outs, rows, panelFrom, panelTo, space);
  else multiply(w, matrix, xs, outs, rows, panelFrom, panelTo, space);
}

/** Elements [from, to). */
export function add(a: usize, b: usize, out: usize, from: i32, to: i32): void {
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const at = (<usize>i) << 2;
    v128.store(out + at, f32x4.add(v128.load(a + at), v128.load(b + at)));
  }
  for (; i < to; i++) {
    const at = (<usize>i) << 2;
    store<f32>(out + at, load<f32>(a + at) + load<f32>(b + at));
  }
}

function silu4(x: v128): v128 {
  return f32x4.div(x, f32x4.add(f32x4.splat(1), exp4(f32x4.neg(x))));
}

/** out = silu(gate) * up of the elements [from, to); out may be gate. */
export function swiGlu(gate: usize, up: usize, out: usize, from: i32, to: i32): void {
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const at = (<usize>i) << 2;
    v128.store(out + at, f32x4.mul(silu4(v128.load(gate + at)), v128.load(up + at)));
  }
  for (; i < to; i++) {
    const at = (<usize>i) << 2;
    const x = f32x4.splat(load<f32>(gate + at));
    store<f32>(out + at, f32x4.extract_lane(silu4(x), 0) * load<f32>(up + at));
  }
}
