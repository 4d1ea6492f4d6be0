import { normalizeRow } from "./dense";
import { readRow } from "./elements";
import { blockRows, multiplyColumns } from "./floatProduct";
import { multiply, valuePanel } from "./multiply";
import { fillPointers, packRows } from "./packRows";
import { columnsOf, panelRows, panelsOf, rowsOf } from "./panels";
import { panelIn, rowsIn } from "./productSpace";
import { rotateRow } from "./rotate";

/** Rows [from, to). */
export function mlaLatent(
  bf16: i32,
  interleaved: i32,
  x: usize,
  weight: usize,
  eps: f32,
  cos: usize,
  sin: usize,
  start: i32,
  dLatent: i32,
  dRope: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const width = (<usize>(dLatent + dRope)) << 2;
  const latent = (<usize>dLatent) << 2;
  for (let t = from; t < to; t++) {
    const given = x + <usize>t * width;
    const row = out + <usize>t * width;
    const angle = (<usize>(start + t) * (dRope >> 1)) << 2;
    normalizeRow(bf16, given, weight, eps, dLatent, row);
    memory.copy(row + latent, given + latent, (<usize>dRope) << 2);
    rotateRow(interleaved, row + latent, dRope, cos + angle, sin + angle);
  }
}

/**
 * For every head its own matrix (n, k) of the weight: out[t,h][0..n) = w[h] x[t,h][0..k). Heads stand xHead and outHead floats
 * apart, rows xRow and `heads` times outHead; xHead = 0 gives one x for all heads. Panels are counted through all heads.
 */
export function multiplyHeads(
  w: usize,
  x: usize,
  xRow: i32,
  xHead: i32,
  rows: i32,
  heads: i32,
  out: usize,
  outHead: i32,
  panelFrom: i32,
  panelTo: i32,
  scratch: usize,
): void {
  const panels = panelsOf(w);
  const outs = scratch + ((<usize>rows) << 2);
  const space = afterPointers(scratch, rows);
  for (let p = panelFrom; p < panelTo; ) {
    const h = p / panels;
    const from = p - h * panels;
    const to = min(panels, from + panelTo - p);
    fillPointers(scratch, x + ((<usize>(h * xHead)) << 2), (<usize>xRow) << 2, rows);
    headRows(out, h, heads, outHead, rows, outs);
    multiply(w, h, scratch, outs, rows, from, to, space);
    p += to - from;
  }
}

/** Where a head's rows begin in out[t,h]. */
function headRows(out: usize, h: i32, heads: i32, outHead: i32, rows: i32, pointers: usize): void {
  fillPointers(
    pointers,
    out + ((<usize>(h * outHead)) << 2),
    (<usize>(heads * outHead)) << 2,
    rows,
  );
}

/** Scratch behind the addresses of rows of x and of out. */
function afterPointers(scratch: usize, rows: i32): usize {
  return (scratch + ((<usize>rows) << 3) + 15) & ~15;
}

/** Copies `count` floats per head of the rows [from, to) from one strided place to another; xHead = 0 shares a row's floats. */
export function copyHeads(
  x: usize,
  xRow: i32,
  xHead: i32,
  out: usize,
  outHead: i32,
  heads: i32,
  count: i32,
  from: i32,
  to: i32,
): void {
  for (let t = from; t < to; t++)
    for (let h = 0; h < heads; h++)
      memory.copy(
        out + ((<usize>((t * heads + h) * outHead)) << 2),
        x + ((<usize>(t * xRow + h * xHead)) << 2),
        (<usize>count) << 2,
      );
}

/** Columns [first, first + 8) of matrix h of the weight as a panel of their own, [rows of w][8], with zeros past the last column. */
function transposePanel(w: usize, h: i32, first: i32, to: usize): void {
  const n = rowsOf(w);
  const stop = min(first + panelRows, columnsOf(w));
  if (stop < first + panelRows) memory.fill(to, 0, (<usize>n) << 5);
  for (let c = 0; c < n; c++) readRow(w, h * n + c, first, stop, to + ((<usize>c) << 5));
}

/** k[s,h] = w[h]^T latent of s, for panels of eight entries of a key, counted through all heads. */
export function mlaExpandKeys(
  w: usize,
  cache: usize,
  width: i32,
  rows: i32,
  heads: i32,
  k: usize,
  dKey: i32,
  panelFrom: i32,
  panelTo: i32,
  scratch: usize,
): void {
  const dLatent = rowsOf(w);
  const dNope = columnsOf(w);
  const panels = (dNope + panelRows - 1) / panelRows;
  const outs = scratch + ((<usize>rows) << 2);
  const space = afterPointers(scratch, rows);
  const panel = panelIn(space, dLatent);
  const packed = rowsIn(space, dLatent);
  fillPointers(scratch, cache, (<usize>width) << 2, rows);
  for (let r = 0; r < rows; r += blockRows) {
    const block = (<usize>r) << 2;
    const here = min(blockRows, rows - r);
    packRows(scratch + block, 0, here, dLatent, packed);
    for (let p = panelFrom; p < panelTo; p++) {
      const h = p / panels;
      const first = (p - h * panels) * panelRows;
      transposePanel(w, h, first, panel);
      headRows(k, h, heads, dKey, rows, outs);
      const count = min(panelRows, dNope - first);
      const at = (<usize>first) << 2;
      const ks = outs + block;
      const step = (<usize>dLatent) << 4;
      multiplyColumns(panel, dLatent, packed, step, ks, at, count, here, true, true, space);
    }
  }
}

/** out[t,h] = w[:, hV:(h+1)V] z[t,h] for an output projection of width heads * V; groups of packed weights may end inside of a head. */
export function projectHeads(
  w: usize,
  z: usize,
  rows: i32,
  heads: i32,
  dValue: i32,
  out: usize,
  panelFrom: i32,
  panelTo: i32,
  scratch: usize,
): void {
  const dModel = rowsOf(w);
  const width = heads * dValue;
  const outs = scratch + ((<usize>rows) << 2);
  const space = afterPointers(scratch, rows);
  const packed = rowsIn(space, width);
  fillPointers(scratch, z, (<usize>width) << 2, rows);
  for (let r = 0; r < rows; r += blockRows) {
    const block = (<usize>r) << 2;
    const zs = outs + block;
    const here = min(blockRows, rows - r);
    packRows(scratch + block, 0, here, width, packed);
    for (let p = panelFrom; p < panelTo; p++) {
      const panel = valuePanel(w, p, space);
      const count = min(panelRows, dModel - p * panelRows);
      const at = (<usize>p) << 5;
      for (let h = 0; h < heads; h++) {
        const c = <usize>(h * dValue);
        headRows(out, h, heads, dModel, rows, outs);
        const from = panel + (c << 5);
        const x = packed + (c << 4);
        const step = (<usize>width) << 4;
        multiplyColumns(from, dValue, x, step, zs, at, count, here, true, true, space);
      }
    }
  }
}
