import { blockRows, multiplyFloats } from "./floatProduct";
import { multiplyInLimbs } from "./integerMultiply";
import { isIntegerKind } from "./integerPanel";
import { isKKind, unpackPanelK } from "./kQuants";
import { packRows, pointerAt } from "./packRows";
import {
  codesAt,
  columnsOf,
  f32Kind,
  kindOf,
  panelRows,
  panelsOf,
  rowsOf,
  scalesAt,
} from "./panels";
import { panelIn, rowsIn, scalesIn, storeSums } from "./productSpace";
import { multiplyRow } from "./rowKernel";
import { tile1, tile4 } from "./tile";
import { applyScales, floatPanel, isPackedKind } from "./unpack";

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
  const kind = kindOf(w);
  if (isIntegerKind(kind)) {
    multiplyInLimbs(w, matrix, xs, outs, rows, panelFrom, panelTo, space);
    return;
  }
  const first = matrix * panelsOf(w);
  const n = rowsOf(w);
  if (rows < leastTileRows(kind)) {
    multiplyFew(w, first, n, xs, outs, rows, panelFrom, panelTo, space);
    return;
  }
  const k = columnsOf(w);
  const floats = panelIn(space, k);
  const packed = rowsIn(space, k);
  if (!isPackedKind(kind)) {
    multiplyFloats(w, matrix, xs, outs, rows, panelFrom, panelTo, space, floats, packed);
    return;
  }
  for (let r = 0; r < rows; r += blockRows) {
    const at = (<usize>r) << 2;
    const here = min(blockRows, rows - r);
    packRows(xs + at, 0, here, k, packed);
    for (let p = panelFrom; p < panelTo; p++) {
      const panel = floatPanel(w, first + p, floats, scalesIn(space));
      const count = min(panelRows, n - p * panelRows);
      multiplyPanel(panel, k, packed, xs + at, outs + at, (<usize>p) << 5, count, here, space);
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

/**
 * A panel of k columns of floats, of which `count` rows are real, with its scales in the scratch, times rows of x, packed too:
 * outs[r] + outAt gets as many sums.
 */
function multiplyPanel(
  panel: usize,
  k: i32,
  packed: usize,
  xs: usize,
  outs: usize,
  outAt: usize,
  count: i32,
  rows: i32,
  space: usize,
): void {
  const last = rows - 1;
  const scales = scalesIn(space);
  for (let r = 0; r < last; r += 4) {
    tile4(panel, scales, k, packed, space);
    // a tile that is not full has its last row several times
    const here = min(4, rows - r);
    for (let i = 0; i < here; i++)
      storeSums(space + ((<usize>i) << 5), pointerAt(outs, r + i) + outAt, count);
    packed += (<usize>k) << 4;
  }
  if ((rows & 3) !== 1) return;
  tile1(panel, panel, scales, scales, k, pointerAt(xs, last), space, space + 32);
  storeSums(space, pointerAt(outs, last) + outAt, count);
}
