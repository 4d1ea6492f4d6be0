import { add, product, rowBytesOf, swiGlu } from "./dense";
import { readRow } from "./elements";
import { clampedGlu } from "./elementwise";
import { fillPointers, pointerAt } from "./packRows";
import { panelRows, rowsOf } from "./panels";

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

/** Zeros for `bytes` from byte `at` on of the rows of slots without an expert. */
function clearIdle(
  indices: usize,
  slots: i32,
  out: usize,
  rowBytes: usize,
  at: usize,
  bytes: usize,
): void {
  for (let i = 0; i < slots; i++)
    if (load<i32>(indices + ((<usize>i) << 2)) === -1)
      memory.fill(out + <usize>i * rowBytes + at, 0, bytes);
}

/** Addresses of the rows of `count` slots of order[from..). `share` slots have one row in common. */
function slotRows(
  order: usize,
  from: i32,
  count: i32,
  share: i32,
  base: usize,
  rowBytes: usize,
  pointers: usize,
): void {
  for (let i = 0; i < count; i++) {
    const slot = load<i32>(order + ((<usize>(from + i)) << 2));
    store<u32>(pointers + ((<usize>i) << 2), <u32>(base + <usize>(slot / share) * rowBytes));
  }
}

/** Adds columns [first, first + n) of expert e's bias, a row of a weight or 0 for none, to rows of `count` slots. */
function addExpertBias(
  bias: usize,
  e: i32,
  first: i32,
  n: i32,
  rows: usize,
  count: i32,
  row: usize,
): void {
  if (!bias) return;
  readRow(bias, e, first, first + n, row);
  for (let i = 0; i < count; i++) {
    const at = pointerAt(rows, i) + ((<usize>first) << 2);
    add(at, row, at, 0, n);
  }
}

/** Slots of one expert that are taken together. */
const blockSlots: i32 = 128;

/** The first multiple of 16 that is not below. */
function aligned(address: usize): usize {
  return (address + 15) & ~15;
}

/**
 * Of the columns of panels [panelFrom, panelTo): out[slot] = glu(gate[e] x + gateBias[e], up[e] x + upBias[e]), silu's if `limit` is 0.
 * Biases are weights (experts, dExpert), or 0 for none. `x` has floats where `limbs` is 0, or is in whole numbers of so many limbs, as quantizeRows makes them. The scratch is that of `expertBytes` in prepare/experts.ts.
 * @returns the first slot whose expert does not exist, or -1
 */
export function expertsUp(
  gate: usize,
  up: usize,
  limbs: i32,
  x: usize,
  indices: usize,
  gateBias: usize,
  upBias: usize,
  alpha: f32,
  limit: f32,
  rows: i32,
  k: i32,
  experts: i32,
  out: usize,
  panelFrom: i32,
  panelTo: i32,
  scratch: usize,
): i32 {
  const slots = rows * k;
  const dExpert = rowsOf(gate);
  const order = scratch + ((<usize>experts) << 2);
  const xs = order + ((<usize>slots) << 2);
  const outs = xs + ((<usize>blockSlots) << 2);
  const upRows = outs + ((<usize>blockSlots) << 2);
  const bias = aligned(upRows + ((<usize>blockSlots) << 2));
  const ups = aligned(bias + ((<usize>dExpert) << 2));
  const first = panelFrom * panelRows;
  const columns = min(panelTo * panelRows, dExpert) - first;
  const at = (<usize>first) << 2;
  const upBytes = (<usize>(panelTo - panelFrom)) << 5;
  const space = ups + <usize>blockSlots * upBytes;
  const bad = sortByExpert(indices, slots, experts, scratch, order);
  if (bad >= 0) return bad;

  const outBytes = (<usize>dExpert) << 2;
  let from = 0;
  for (let e = 0; e < experts; e++) {
    const to = load<i32>(scratch + ((<usize>e) << 2));
    for (; from < to; from += blockSlots) {
      const count = min(blockSlots, to - from);
      slotRows(order, from, count, k, x, rowBytesOf(gate, limbs), xs);
      slotRows(order, from, count, 1, out, outBytes, outs);
      product(gate, limbs, e, xs, outs, count, panelFrom, panelTo, space);
      addExpertBias(gateBias, e, first, columns, outs, count, bias);
      fillPointers(upRows, ups - at, upBytes, count);
      product(up, limbs, e, xs, upRows, count, panelFrom, panelTo, space);
      addExpertBias(upBias, e, first, columns, upRows, count, bias);
      for (let i = 0; i < count; i++) {
        const row = pointerAt(outs, i) + at;
        const other = ups + <usize>i * upBytes;
        if (limit) clampedGlu(row, other, columns, alpha, limit, row);
        else swiGlu(row, other, row, 0, columns);
      }
    }
    from = to;
  }
  clearIdle(indices, slots, out, outBytes, at, (<usize>columns) << 2);
  return -1;
}

/**
 * Of the columns of panels [panelFrom, panelTo): out[slot] = down[e] h[slot] + bias[e], a weight (experts, dModel) or 0 for none. `h` is as `x` of
 * expertsUp. The scratch is that of `expertBytes` in prepare/experts.ts.
 * @returns the first slot whose expert does not exist, or -1
 */
export function expertsDown(
  down: usize,
  limbs: i32,
  h: usize,
  indices: usize,
  bias: usize,
  rows: i32,
  k: i32,
  experts: i32,
  out: usize,
  panelFrom: i32,
  panelTo: i32,
  scratch: usize,
): i32 {
  const slots = rows * k;
  const dModel = rowsOf(down);
  const order = scratch + ((<usize>experts) << 2);
  const xs = order + ((<usize>slots) << 2);
  const outs = xs + ((<usize>blockSlots) << 2);
  const biasRow = aligned(outs + ((<usize>blockSlots) << 2));
  const space = aligned(biasRow + ((<usize>dModel) << 2));
  const bad = sortByExpert(indices, slots, experts, scratch, order);
  if (bad >= 0) return bad;

  const first = panelFrom * panelRows;
  const columns = min(panelTo * panelRows, dModel) - first;
  const outBytes = (<usize>dModel) << 2;
  const hBytes = rowBytesOf(down, limbs);
  let from = 0;
  for (let e = 0; e < experts; e++) {
    const to = load<i32>(scratch + ((<usize>e) << 2));
    for (; from < to; from += blockSlots) {
      const count = min(blockSlots, to - from);
      slotRows(order, from, count, 1, h, hBytes, xs);
      slotRows(order, from, count, 1, out, outBytes, outs);
      product(down, limbs, e, xs, outs, count, panelFrom, panelTo, space);
      addExpertBias(bias, e, first, columns, outs, count, biasRow);
    }
    from = to;
  }
  clearIdle(indices, slots, out, outBytes, (<usize>first) << 2, (<usize>columns) << 2);
  return -1;
}

/** Rows [from, to); `shared` is 0 for none. */
export function expertsCombine(
  experts: usize,
  weights: usize,
  shared: usize,
  k: i32,
  dModel: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const rowBytes = (<usize>dModel) << 2;
  for (let t = from; t < to; t++) {
    const w = weights + ((<usize>(t * k)) << 2);
    const first = experts + <usize>(t * k) * rowBytes;
    const sums = out + <usize>t * rowBytes;
    const also = shared + <usize>t * rowBytes;
    let m = 0;
    for (; m + 4 <= dModel; m += 4) {
      const at = (<usize>m) << 2;
      let sum = f32x4.splat(0);
      for (let j = 0; j < k; j++) {
        const weight = v128.load32_splat(w + ((<usize>j) << 2));
        sum = f32x4.add(sum, f32x4.mul(weight, v128.load(first + <usize>j * rowBytes + at)));
      }
      if (shared) sum = f32x4.add(sum, v128.load(also + at));
      v128.store(sums + at, sum);
    }
    for (; m < dModel; m++) {
      const at = (<usize>m) << 2;
      let sum: f32 = 0;
      for (let j = 0; j < k; j++)
        sum += load<f32>(w + ((<usize>j) << 2)) * load<f32>(first + <usize>j * rowBytes + at);
      if (shared) sum += load<f32>(also + at);
      store<f32>(sums + at, sum);
    }
  }
}
