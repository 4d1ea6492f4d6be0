import { addBias } from "./bias";
import { swiGlu } from "./dense";
import { clampedGlu } from "./elementwise";
import { multiply } from "./multiply";

/**
 * Sorts slots by expert, keeping their order within one: order[] lists slots, ends[e] is where expert e's slots end. Slots of the
 * expert -1, which is none, are left out.
 * @returns the first slot whose expert does not exist, or -1
 */
function sortByExpert(indices: usize, slots: i32, experts: i32, ends: usize, order: usize): i32 {
  memory.fill(ends, 0, (<usize>experts) << 2);
  for (let i = 0; i < slots; i++) {
    const e = load<i32>(indices + ((<usize>i) << 2));
    if (e === -1) continue;
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
    const e = load<i32>(indices + ((<usize>i) << 2));
    if (e === -1) continue;
    const next = ends + ((<usize>e) << 2);
    const place = load<i32>(next);
    store<i32>(order + ((<usize>place) << 2), i);
    store<i32>(next, place + 1);
  }
  return -1;
}

/** Zeros for the slots without an expert. */
function clearIdle(indices: usize, slots: i32, out: usize, rowBytes: usize): void {
  for (let i = 0; i < slots; i++)
    if (load<i32>(indices + ((<usize>i) << 2)) === -1)
      memory.fill(out + <usize>i * rowBytes, 0, rowBytes);
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

/** Adds expert e's bias, one of `n` numbers, to the rows of its slots. */
function addExpertBias(bf16: i32, bias: usize, e: i32, n: i32, rows: usize, count: i32): void {
  if (!bias) return;
  for (let i = 0; i < count; i++)
    addBias(bf16, bias, <usize>e * <usize>n, n, load<u32>(rows + ((<usize>i) << 2)));
}

/**
 * out[slot] = glu(gate[e] x + gateBias[e], up[e] x + upBias[e]), silu's if `limit` is 0. Biases are 0 for none. Scratch: experts + 3 slots integers, 32 dModel and slots dExpert floats.
 * @returns the first slot whose expert does not exist, or -1
 */
export function expertsUp(
  gateFormat: usize,
  upFormat: usize,
  x: usize,
  indices: usize,
  gate: usize,
  up: usize,
  gateBias: usize,
  gateBiasBf16: i32,
  upBias: usize,
  upBiasBf16: i32,
  alpha: f32,
  limit: f32,
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
    const first = <usize>e * matrix;
    rowsOf(order, from, to, k, x, (<usize>dModel) << 2, xs);
    rowsOf(order, from, to, 1, out, expertBytes, outs);
    multiply(gateFormat, gate, first, dModel, dExpert, dModel, xs, outs, count, packed);
    addExpertBias(gateBiasBf16, gateBias, e, dExpert, outs, count);
    rowsOf(order, from, to, 1, ups, expertBytes, outs);
    multiply(upFormat, up, first, dModel, dExpert, dModel, xs, outs, count, packed);
    addExpertBias(upBiasBf16, upBias, e, dExpert, outs, count);
    from = to;
  }
  clearIdle(indices, slots, out, expertBytes);
  clearIdle(indices, slots, ups, expertBytes);
  if (limit) clampedGlu(out, ups, slots * dExpert, alpha, limit, out);
  else swiGlu(out, ups, slots * dExpert, out);
  return -1;
}

/**
 * out[slot] = down[e] h[slot] + bias[e], which is 0 for none. Scratch: experts + 3 slots integers, 32 dExpert floats.
 * @returns the first slot whose expert does not exist, or -1
 */
export function expertsDown(
  format: usize,
  h: usize,
  indices: usize,
  down: usize,
  bias: usize,
  biasBf16: i32,
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

  clearIdle(indices, slots, out, (<usize>dModel) << 2);
  let from = 0;
  for (let e = 0; e < experts; e++) {
    const to = load<i32>(scratch + ((<usize>e) << 2));
    if (to === from) continue;
    const first = <usize>e * <usize>dExpert * <usize>dModel;
    rowsOf(order, from, to, 1, h, (<usize>dExpert) << 2, xs);
    rowsOf(order, from, to, 1, out, (<usize>dModel) << 2, outs);
    multiply(format, down, first, dExpert, dModel, dExpert, xs, outs, to - from, packed);
    addExpertBias(biasBf16, bias, e, dModel, outs, to - from);
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
