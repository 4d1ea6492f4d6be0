import { sumLanes } from "./lanes";
import { dot1 } from "./scoreKeys";

/** The actions of the operator `edit`, as prepare/edit.ts numbers them. */
const zero: i32 = 0;
const scale: i32 = 1;
const add: i32 = 2;
const replace: i32 = 3;
const project: i32 = 4;

/** Index of the first of `count` integers that is `limit` or more, or -1. */
export function firstBeyond(values: usize, count: i32, limit: i32): i32 {
  for (let i = 0; i < count; i++) if (load<i32>(values + ((<usize>i) << 2)) >= limit) return i;
  return -1;
}

/** Four lanes, then their sum, then the last count % 4. */
function meanOf(x: usize, count: i32): f32 {
  const whole = count & ~3;
  let lanes = f32x4.splat(0);
  for (let i = 0; i < whole; i += 4) lanes = f32x4.add(lanes, v128.load(x + ((<usize>i) << 2)));
  let sum = sumLanes(lanes);
  for (let i = whole; i < count; i++) sum += load<f32>(x + ((<usize>i) << 2));
  return sum / <f32>count;
}

/** One element x with its value v; `number` is the factor, the share of v in x, or the mean. */
function edited(action: i32, x: f32, v: f32, number: f32): f32 {
  if (action === scale) return x * number;
  if (action === add) return v === 0 ? x : x + v;
  if (action === project) return x - v * number;
  return number;
}

function editColumns(action: i32, x: usize, values: usize, factor: f32, count: i32): void {
  if (action === zero) memory.fill(x, 0, (<usize>count) << 2);
  else if (action === replace) memory.copy(x, values, (<usize>count) << 2);
  else {
    let number = factor;
    if (action === project) {
      const square = dot1(values, values, count);
      if (square === 0) return;
      number = dot1(x, values, count) / square;
    } else if (action > project) number = meanOf(x, count);
    for (let i = 0; i < count; i++) {
      const at = (<usize>i) << 2;
      const value: f32 = values ? load<f32>(values + at) : 0;
      store<f32>(x + at, edited(action, load<f32>(x + at), value, number));
    }
  }
}

function isSeen(x: usize): bool {
  return load<f32>(x) !== <f32>-Infinity;
}

/** Part of x along `values`, over the cells that are seen; 0 where the direction is 0 there. */
function shareOf(x: usize, values: usize, count: i32): f32 {
  let square: f32 = 0;
  let product: f32 = 0;
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    if (!isSeen(x + at)) continue;
    const v = load<f32>(values + at);
    square += v * v;
    product += load<f32>(x + at) * v;
  }
  return square === 0 ? 0 : product / square;
}

/** A row of a map: what is not seen stays as it is where the action reads it. */
function editCells(action: i32, x: usize, values: usize, factor: f32, count: i32): void {
  if (action === zero || action === replace) {
    editColumns(action, x, values, factor, count);
    return;
  }
  const number: f32 = action === project ? shareOf(x, values, count) : factor;
  if (action === project && number === 0) return;
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    if (!isSeen(x + at)) continue;
    const value: f32 = values ? load<f32>(values + at) : 0;
    store<f32>(x + at, edited(action, load<f32>(x + at), value, number));
  }
}

/** `values` is 0 for none, and has `given` numbers a row. */
export function editMap(
  action: i32,
  x: usize,
  map: usize,
  values: usize,
  given: i32,
  factor: f32,
  rows: i32,
  start: i32,
  heads: i32,
  width: i32,
  firstHead: i32,
  headCount: i32,
  out: usize,
): void {
  const rowBytes = (<usize>width) << 2;
  memory.copy(out, x, <usize>(rows * heads) * rowBytes);
  for (let t = 0; t < rows; t++) {
    const row = load<i32>(map + ((<usize>t) << 2));
    if (row < 0) continue;
    const count = values ? min(given, start + t + 1) : start + t + 1;
    const own = values ? values + ((<usize>row * <usize>given) << 2) : 0;
    for (let h = firstHead; h < firstHead + headCount; h++)
      editCells(action, out + <usize>(t * heads + h) * rowBytes, own, factor, count);
  }
}

/** `values` is 0 for none; rows of it that do not exist have been refused. */
export function edit(
  action: i32,
  x: usize,
  map: usize,
  values: usize,
  factor: f32,
  rows: i32,
  width: i32,
  first: i32,
  count: i32,
  out: usize,
): void {
  const rowBytes = (<usize>width) << 2;
  memory.copy(out, x, <usize>rows * rowBytes);
  for (let t = 0; t < rows; t++) {
    const row = load<i32>(map + ((<usize>t) << 2));
    if (row < 0) continue;
    const columns = out + <usize>t * rowBytes + ((<usize>first) << 2);
    const given = values ? values + ((<usize>row * <usize>count) << 2) : 0;
    editColumns(action, columns, given, factor, count);
  }
}
