import { bf16Kind, columnsOf, f32Kind, kindOf, panelRows, panelsOf, rowsOf } from "./panels";
import { multiplyRow } from "./rowKernel";
import { ones, tile1, tile4 } from "./tile";
import { applyScales, floatPanel, isPackedKind } from "./unpack";

/** Rows of x that meet a panel together; they stay in the second-level cache while panels pass. */
const blockRows: i32 = 128;

/** Bytes at the start of the scratch for sums: four rows of eight floats, and two panels' last sums. */
export const sumBytes: usize = 192;

/** Scratch behind the sums: scales of k/32 blocks, at most k + 31 bytes. */
function scaleBytesOf(k: i32): usize {
  return (<usize>k + 63) & ~63;
}

/** From how many rows on a panel is worth unpacking, or reading in tiles. */
function leastTileRows(kind: u32): i32 {
  if (kind === f32Kind) return 3;
  return kind === bf16Kind ? 7 : 3;
}

export function pointerAt(pointers: usize, r: i32): usize {
  return load<u32>(pointers + ((<usize>r) << 2));
}

/** Fills an array of addresses: base, base + step, ... */
export function fillPointers(pointers: usize, base: usize, step: usize, count: i32): void {
  let address = base;
  for (let r = 0; r < count; r++) {
    store<u32>(pointers + ((<usize>r) << 2), <u32>address);
    address += step;
  }
}

/**
 * outs[r][8 panelFrom .. 8 panelTo) of outs[r][0..n) = w x, for rows of x and out given by arrays of addresses, with a matrix
 * of the weight, its number among all. What the numbers become does not depend on which other rows or panels are asked for. `space` is
 * scratch of `productBytes` in prepareContext.ts.
 */
export function multiply(
  w: usize,
  matrix: i32,
  xs: usize,
  outs: usize,
  rows: i32,
  panelFrom: i32,
  panelTo: i32,
  space: usize,
): void {
  const first = matrix * panelsOf(w);
  const n = rowsOf(w);
  if (rows < leastTileRows(kindOf(w))) {
    multiplyFew(w, first, n, xs, outs, rows, panelFrom, panelTo, space);
    return;
  }
  const k = columnsOf(w);
  const scales = space + sumBytes;
  const panel = scales + scaleBytesOf(k);
  const isPacked = isPackedKind(kindOf(w));
  for (let r = 0; r < rows; r += blockRows) {
    const at = (<usize>r) << 2;
    const here = min(blockRows, rows - r);
    for (let p = panelFrom; p < panelTo; p++) {
      const floats = floatPanel(w, first + p, panel, scales);
      const count = min(panelRows, n - p * panelRows);
      multiplyPanel(
        floats,
        isPacked ? scales : ones,
        isPacked ? 32 : 0,
        k,
        xs + at,
        outs + at,
        (<usize>p) << 5,
        count,
        here,
        space,
      );
    }
  }
}

/** A panel's weights as floats, where they lie or in the scratch. */
export function valuePanel(w: usize, panel: i32, space: usize): usize {
  const k = columnsOf(w);
  const scales = space + sumBytes;
  const floats = floatPanel(w, panel, scales + scaleBytesOf(k), scales);
  if (isPackedKind(kindOf(w))) applyScales(floats, scales, k);
  return floats;
}

/** Every row on its own, from panels as they are stored. */
function multiplyFew(
  w: usize,
  first: i32,
  n: i32,
  xs: usize,
  outs: usize,
  rows: i32,
  panelFrom: i32,
  panelTo: i32,
  space: usize,
): void {
  const spare = space + 32;
  for (let p = panelFrom; p < panelTo; p += 2) {
    const q = min(p + 1, panelTo - 1);
    const countP = min(panelRows, n - p * panelRows);
    const countQ = min(panelRows, n - q * panelRows);
    for (let r = 0; r < rows; r++) {
      const out = pointerAt(outs, r);
      const outP = out + ((<usize>p) << 5);
      const outQ = out + ((<usize>q) << 5);
      const toP = countP === panelRows ? outP : space;
      const toQ = q !== p && countQ === panelRows ? outQ : spare;
      multiplyRow(w, first + p, first + q, pointerAt(xs, r), toP, toQ);
      if (countP < panelRows) memory.copy(outP, space, (<usize>countP) << 2);
      if (countQ < panelRows && q !== p) memory.copy(outQ, spare, (<usize>countQ) << 2);
    }
  }
}

/** A panel of floats, of which `count` rows are real: outs[r] + outAt gets as many sums. */
export function multiplyPanel(
  panel: usize,
  scales: usize,
  scaleStep: usize,
  k: i32,
  xs: usize,
  outs: usize,
  outAt: usize,
  count: i32,
  rows: i32,
  space: usize,
): void {
  for (let r = 0; r < rows; r += 4) {
    const last = rows - 1;
    const x0 = pointerAt(xs, r);
    if (r === last) {
      tile1(panel, panel, scales, scales, scaleStep, k, x0, space, space + 32);
      storeSums(space, pointerAt(outs, r) + outAt, count);
      return;
    }
    // a tile that is not full has its last row several times
    const r1 = r + 1;
    const r2 = min(r + 2, last);
    const r3 = min(r + 3, last);
    const x1 = pointerAt(xs, r1);
    const x2 = pointerAt(xs, r2);
    const x3 = pointerAt(xs, r3);
    tile4(panel, scales, scaleStep, k, x0, x1, x2, x3, space);
    storeSums(space, pointerAt(outs, r) + outAt, count);
    storeSums(space + 32, pointerAt(outs, r1) + outAt, count);
    storeSums(space + 64, pointerAt(outs, r2) + outAt, count);
    storeSums(space + 96, pointerAt(outs, r3) + outAt, count);
  }
}

function storeSums(sums: usize, out: usize, count: i32): void {
  if (count === panelRows) {
    v128.store(out, v128.load(sums));
    v128.store(out, v128.load(sums, 16), 16);
  } else memory.copy(out, sums, (<usize>count) << 2);
}
