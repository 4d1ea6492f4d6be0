import { blockRows, multiplyFloats, sumBytes } from "./floatProduct";
import {
  hasMinimaOf,
  isKKind,
  subtractMinima1,
  subtractMinima4,
  sumRuns,
  unpackPanelK,
} from "./kQuants";
import { packRows, pointerAt } from "./packRows";
import {
  bf16Kind,
  codesAt,
  columnsOf,
  f32Kind,
  kindOf,
  panelRows,
  panelsOf,
  rowsOf,
  scalesAt,
} from "./panels";
import { multiplyRow } from "./rowKernel";
import { ones, tile1, tile4 } from "./tile";
import { applyScales, floatPanel, isPackedKind } from "./unpack";

/*
 * The scratch of a product: sums of a panel, scales of k/16 blocks, a panel of floats, sums of a block of rows of x over every 32
 * columns, packed rows of x.
 */

export function scalesIn(space: usize): usize {
  return space + sumBytes;
}

export function panelIn(space: usize, k: i32): usize {
  return scalesIn(space) + ((((<usize>k) << 1) + 63) & ~63);
}

function sumsIn(space: usize, k: i32): usize {
  return panelIn(space, k) + ((<usize>(k + 1)) << 5);
}

export function rowsIn(space: usize, k: i32): usize {
  return sumsIn(space, k) + ((<usize>k) << 3);
}

/** Sums over every 32 columns of `rows` rows of x, at most a block's, where the weight has minima. @returns where they are, or 0 */
function sumsOf(w: usize, xs: usize, rows: i32, space: usize): usize {
  if (!hasMinimaOf(kindOf(w))) return 0;
  const k = columnsOf(w);
  const sums = sumsIn(space, k);
  for (let r = 0; r < rows; r++) sumRuns(pointerAt(xs, r), k, sums + <usize>r * sumBytesOfRow(k));
  return sums;
}

function sumBytesOfRow(k: i32): usize {
  return (<usize>(k >> 5)) << 2;
}

/** From how many rows on a panel is worth unpacking, or reading in tiles. */
function leastTileRows(kind: u32): i32 {
  return kind === f32Kind ? 2 : 3;
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
  if (kindOf(w) <= bf16Kind) {
    const floats = panelIn(space, k);
    multiplyFloats(w, matrix, xs, outs, rows, panelFrom, panelTo, space, floats, rowsIn(space, k));
    return;
  }
  const isPacked = isPackedKind(kindOf(w));
  const scales = isPacked ? scalesIn(space) : ones;
  const packed = rowsIn(space, k);
  for (let r = 0; r < rows; r += blockRows) {
    const at = (<usize>r) << 2;
    const here = min(blockRows, rows - r);
    packRows(xs + at, 0, here, k, packed);
    const sums = sumsOf(w, xs + at, here, space);
    for (let p = panelFrom; p < panelTo; p++) {
      const panel = floatPanel(w, first + p, panelIn(space, k), scalesIn(space));
      const count = min(panelRows, n - p * panelRows);
      const outAt = (<usize>p) << 5;
      const step: usize = isPacked ? 32 : 0;
      multiplyPanel(
        panel,
        scales,
        step,
        k,
        packed,
        k,
        xs + at,
        0,
        outs + at,
        outAt,
        count,
        here,
        scalesAt(w, first + p),
        sums,
        space,
      );
    }
  }
}

/** A panel's weights as floats, where they lie or in the scratch. */
export function valuePanel(w: usize, panel: i32, space: usize): usize {
  const k = columnsOf(w);
  const kind = kindOf(w);
  if (isKKind(kind)) {
    unpackPanelK(kind, codesAt(w, panel), scalesAt(w, panel), k, panelIn(space, k));
    return panelIn(space, k);
  }
  const floats = floatPanel(w, panel, panelIn(space, k), scalesIn(space));
  if (isPackedKind(kind)) applyScales(floats, scalesIn(space), k);
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
  const sums = sumsOf(w, xs, rows, space);
  const sumStep = sumBytesOfRow(columnsOf(w));
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
      multiplyRow(w, first + p, first + q, pointerAt(xs, r), sums + <usize>r * sumStep, toP, toQ);
      if (countP < panelRows) memory.copy(outP, space, (<usize>countP) << 2);
      if (countQ < panelRows && q !== p) memory.copy(outQ, spare, (<usize>countQ) << 2);
    }
  }
}

/**
 * A panel of k columns of floats, of which `count` rows are real, times columns of rows of x: outs[r] + outAt gets as many sums.
 * `packed` is where these columns begin in packed rows of `packedColumns`, xs[r] + xAt where in the rows themselves.
 * `sums` has those of the rows over every 32 columns, if there are minima among the stored scales; else 0.
 */
function multiplyPanel(
  panel: usize,
  scales: usize,
  scaleStep: usize,
  k: i32,
  packed: usize,
  packedColumns: i32,
  xs: usize,
  xAt: usize,
  outs: usize,
  outAt: usize,
  count: i32,
  rows: i32,
  minima: usize,
  sums: usize,
  space: usize,
): void {
  const last = rows - 1;
  const sumStep = sumBytesOfRow(k);
  for (let r = 0; r < last; r += 4) {
    tile4(panel, scales, scaleStep, k, packed, space);
    if (sums)
      subtractMinima4(
        minima,
        k,
        sums + <usize>r * sumStep,
        sums + <usize>(r + 1) * sumStep,
        sums + <usize>min(r + 2, last) * sumStep,
        sums + <usize>min(r + 3, last) * sumStep,
        space,
      );
    // a tile that is not full has its last row several times
    const here = min(4, rows - r);
    for (let i = 0; i < here; i++)
      storeSums(space + ((<usize>i) << 5), pointerAt(outs, r + i) + outAt, count);
    packed += (<usize>packedColumns) << 4;
  }
  if ((rows & 3) !== 1) return;
  tile1(panel, panel, scales, scales, scaleStep, k, pointerAt(xs, last) + xAt, space, space + 32);
  if (sums) subtractMinima1(minima, k, sums + <usize>last * sumStep, space);
  storeSums(space, pointerAt(outs, last) + outAt, count);
}

export function storeSums(sums: usize, out: usize, count: i32): void {
  if (count === panelRows) {
    v128.store(out, v128.load(sums));
    v128.store(out, v128.load(sums, 16), 16);
  } else memory.copy(out, sums, (<usize>count) << 2);
}
