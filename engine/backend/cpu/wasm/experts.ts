import { swiGlu } from "./dense.ts";
import { multiply } from "./multiply.ts";

/**
 * Sorts slots by expert, keeping their order within one: order[] lists slots, ends[e] is where expert e's slots end.
 * @returns the first slot whose expert does not exist, or -1
 */
function sortByExpert(indices: usize, slots: i32, experts: i32, ends: usize, order: usize): i32 {
  memory.fill(ends, 0, (<usize>experts) << 2);
  for (let i = 0; i < slots; i++) {
    const e = load<i32>(indices + ((<usize>i) << 2));
    if (<u32>e >= <u32>experts) return i;
    const count = ends + ((<usize>e) << 2);
    store<i32>(count, load<i32>(count) + 1);
  }
  let before = 0;
  for (let e = 0; e < experts; e++) {
    const count = ends + ((<usize>e) << 2);
    const size = load<i32>(count);
    store<i32>(count, before);
    before += size;
  }
  for (let i = 0; i < slots; i++) {
    const next = ends + ((<usize>load<i32>(indices + ((<usize>i) << 2))) << 2);
    const place = load<i32>(next);
    store<i32>(order + ((<usize>place) << 2), i);
    store<i32>(next, place + 1);
  }
  return -1;
}

/** Addresses of the rows of the slots order[from..to). `share` slots have one row in common. */
function rowsOf(
  order: usize,
  from: i32,
  to: i32,
  share: i32,
  base: usize,
  rowBytes: usize,
  pointers: usize,
): void {
  for (let i = from; i < to; i++) {
    const slot = load<i32>(order + ((<usize>i) << 2));
    store<u32>(
      pointers + ((<usize>(i - from)) << 2),
      <u32>(base + <usize>(slot / share) * rowBytes),
    );
  }
}

/**
 * out[slot] = silu(gate[e] x) * (up[e] x). Scratch: experts + 3 slots integers, 32 dModel and slots dExpert floats.
 * @returns the first slot whose expert does not exist, or -1
 */
export function expertsUp(
  gateBf16: i32,
  upBf16: i32,
  x: usize,
  indices: usize,
  gate: usize,
  up: usize,
  rows: i32,
  k: i32,
  experts: i32,
  dModel: i32,
  dExpert: i32,
  out: usize,
  scratch: usize,
): i32 {
  const slots = rows * k;
  const ints = (<usize>slots) << 2;
  const order = scratch + ((<usize>experts) << 2);
  const xs = order + ints;
  const outs = xs + ints;
  const ups = outs + ints;
  const packed = ups + <usize>dExpert * ints;
  const bad = sortByExpert(indices, slots, experts, scratch, order);
  if (bad >= 0) return bad;

  const matrix = <usize>dExpert * <usize>dModel;
  const expertBytes = (<usize>dExpert) << 2;
  let from = 0;
  for (let e = 0; e < experts; e++) {
    const to = load<i32>(scratch + ((<usize>e) << 2));
    if (to === from) continue;
    const count = to - from;
    const gateShift: i32 = gateBf16 ? 1 : 2;
    const upShift: i32 = upBf16 ? 1 : 2;
    const g = gate + ((<usize>e * matrix) << gateShift);
    const u = up + ((<usize>e * matrix) << upShift);
    rowsOf(order, from, to, k, x, (<usize>dModel) << 2, xs);
    rowsOf(order, from, to, 1, out, expertBytes, outs);
    multiply(gateBf16, g, (<usize>dModel) << gateShift, dExpert, dModel, xs, outs, count, packed);
    rowsOf(order, from, to, 1, ups, expertBytes, outs);
    multiply(upBf16, u, (<usize>dModel) << upShift, dExpert, dModel, xs, outs, count, packed);
    from = to;
  }
  swiGlu(out, ups, slots * dExpert, out);
  return -1;
}

/**
 * out[slot] = down[e] h[slot]. Scratch: experts + 3 slots integers, 32 dExpert floats.
 * @returns the first slot whose expert does not exist, or -1
 */
export function expertsDown(
  bf16: i32,
  h: usize,
  indices: usize,
  down: usize,
  rows: i32,
  k: i32,
  experts: i32,
  dModel: i32,
  dExpert: i32,
  out: usize,
  scratch: usize,
): i32 {
  const slots = rows * k;
  const ints = (<usize>slots) << 2;
  const order = scratch + ((<usize>experts) << 2);
  const xs = order + ints;
  const outs = xs + ints;
  const packed = outs + ints;
  const bad = sortByExpert(indices, slots, experts, scratch, order);
  if (bad >= 0) return bad;

  const shift: i32 = bf16 ? 1 : 2;
  let from = 0;
  for (let e = 0; e < experts; e++) {
    const to = load<i32>(scratch + ((<usize>e) << 2));
    if (to === from) continue;
    const w = down + ((<usize>e * <usize>dExpert * <usize>dModel) << shift);
    rowsOf(order, from, to, 1, h, (<usize>dExpert) << 2, xs);
    rowsOf(order, from, to, 1, out, (<usize>dModel) << 2, outs);
    multiply(bf16, w, (<usize>dExpert) << shift, dModel, dExpert, xs, outs, to - from, packed);
    from = to;
  }
  return -1;
}

/** `shared` is 0 for none. */
export function expertsCombine(
  experts: usize,
  weights: usize,
  shared: usize,
  rows: i32,
  k: i32,
  dModel: i32,
  out: usize,
): void {
  const rowBytes = (<usize>dModel) << 2;
  for (let t = 0; t < rows; t++) {
    const w = weights + ((<usize>(t * k)) << 2);
    const from = experts + <usize>(t * k) * rowBytes;
    const to = out + <usize>t * rowBytes;
    const also = shared + <usize>t * rowBytes;
    let m = 0;
    for (; m + 4 <= dModel; m += 4) {
      const at = (<usize>m) << 2;
      let sum = f32x4.splat(0);
      for (let j = 0; j < k; j++) {
        const weight = v128.load32_splat(w + ((<usize>j) << 2));
        sum = f32x4.add(sum, f32x4.mul(weight, v128.load(from + <usize>j * rowBytes + at)));
      }
      if (shared) sum = f32x4.add(sum, v128.load(also + at));
      v128.store(to + at, sum);
    }
    for (; m < dModel; m++) {
      const at = (<usize>m) << 2;
      let sum: f32 = 0;
      for (let j = 0; j < k; j++)
        sum += load<f32>(w + ((<usize>j) << 2)) * load<f32>(from + <usize>j * rowBytes + at);
      if (shared) sum += load<f32>(also + at);
      store<f32>(to + at, sum);
    }
  }
}
