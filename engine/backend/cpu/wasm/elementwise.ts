import { add } from "./dense";
import { readRow } from "./elements";
import { exp4 } from "./exp";
import { columnsOf } from "./panels";

/** out = x, at least -limit and at most limit, of the elements [from, to). */
export function clamp(x: usize, limit: f32, out: usize, from: i32, to: i32): void {
  for (let i = from; i < to; i++) {
    const at = (<usize>i) << 2;
    store<f32>(out + at, min(max(load<f32>(x + at), -limit), limit));
  }
}

/** out[t] = x[t] + table[first + t] of the rows [from, to). */
export function addPosition(
  table: usize,
  x: usize,
  first: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const width = columnsOf(table);
  for (let t = from; t < to; t++) {
    const at = (<usize>t * <usize>width) << 2;
    readRow(table, first + t, 0, width, out + at);
    add(x + at, out + at, out + at, 0, width);
  }
}

/** x sigmoid(y), four at a time. */
function timesSigmoid(x: v128, y: v128): v128 {
  return f32x4.div(x, f32x4.add(f32x4.splat(1), exp4(f32x4.neg(y))));
}

/** x/2 (1 + tanh(u)) is x sigmoid(2 u). */
function gelu4(x: v128): v128 {
  const cubic = f32x4.mul(f32x4.splat(0.044715), f32x4.mul(x, f32x4.mul(x, x)));
  const twice = f32x4.splat(<f32>(2.0 * 0.7978845608028654));
  return timesSigmoid(x, f32x4.mul(twice, f32x4.add(x, cubic)));
}

/** Elements [from, to). */
export function gelu(x: usize, out: usize, from: i32, to: i32): void {
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const at = (<usize>i) << 2;
    v128.store(out + at, gelu4(v128.load(x + at)));
  }
  for (; i < to; i++) {
    const at = (<usize>i) << 2;
    store<f32>(out + at, f32x4.extract_lane(gelu4(f32x4.splat(load<f32>(x + at))), 0));
  }
}

/** out = g sigmoid(alpha g) (u + 1) of g = min(gate, limit) and u = up clamped to the limit; out may be gate. */
export function clampedGlu(
  gate: usize,
  up: usize,
  count: i32,
  alpha: f32,
  limit: f32,
  out: usize,
): void {
  for (let i = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    const g = f32x4.splat(min(load<f32>(gate + at), limit));
    const u = min(max(load<f32>(up + at), -limit), limit) + <f32>1;
    const open = timesSigmoid(g, f32x4.mul(g, f32x4.splat(alpha)));
    store<f32>(out + at, f32x4.extract_lane(open, 0) * u);
  }
}
