import { blockRows } from "./floatProduct";
import { scaledColumns, unpackIntegers } from "./integerPanel";
import { multiplyIntegerRow } from "./integerRowKernel";
import { integerRowBytes, quantizeRow, sumsOfRow } from "./integerRows";
import { spareBits } from "./integerSums";
import { integerTile } from "./integerTile";
import { hasMinimaOf, subtractMinima4 } from "./kQuants";
import { fillPointers, packRows, pointerAt } from "./packRows";
import { codesAt, columnsOf, kindOf, panelRows, panelsOf, rowsOf, scalesAt } from "./panels";
import { integersIn, panelIn, rowsIn, scalesIn, storeSums } from "./productSpace";

/** From how many rows on a panel is unpacked and read in tiles. */
const leastTileRows: i32 = 3;

/** `multiply` of floats by a weight whose codes are whole numbers: in two limbs. */
export function multiplyInLimbs(
  w: usize,
  matrix: i32,
  xs: usize,
  outs: usize,
  rows: i32,
  panelFrom: i32,
  panelTo: i32,
  space: usize,
): void {
  const k = columnsOf(w);
  const pointers = integersIn(space, k, rows);
  const integers = pointers + ((<usize>blockRows) << 2);
  const rowBytes = integerRowBytes<i32>(k);
  fillPointers(pointers, integers, rowBytes, min(rows, blockRows));
  for (let r = 0; r < rows; r += blockRows) {
    const here = min(blockRows, rows - r);
    for (let i = 0; i < here; i++)
      quantizeRow<i32>(pointerAt(xs, r + i), k, integers + <usize>i * rowBytes);
    const to = outs + ((<usize>r) << 2);
    multiplyIntegers<i32>(w, matrix, pointers, to, here, panelFrom, panelTo, space);
  }
}

/** `multiply`, for rows of x in whole numbers and a weight whose codes are such. */
export function multiplyIntegers<L>(
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
  if (rows < leastTileRows) {
    for (let p = panelFrom; p < panelTo; p++)
      for (let r = 0; r < rows; r++)
        multiplyPanel<L>(w, first, n, p, pointerAt(xs, r), pointerAt(outs, r), space);
    return;
  }
  const k = columnsOf(w);
  const packed = rowsIn(space, k);
  const words = <i32>((packedLimbBytes<L>(k) >> 4) + <usize>(k >> 5)); // of a row: its limbs and its scales
  for (let r = 0; r < rows; r += blockRows) {
    const here = min(blockRows, rows - r);
    const at = (<usize>r) << 2;
    packRows(xs + at, 0, here, words, packed);
    for (let p = panelFrom; p < panelTo; p++)
      multiplyTiles<L>(w, first, n, p, xs + at, packed, outs + at, here, space);
  }
}

/** One row by panel p. */
function multiplyPanel<L>(
  w: usize,
  first: i32,
  n: i32,
  p: i32,
  x: usize,
  out: usize,
  space: usize,
): void {
  const count = min(panelRows, n - p * panelRows);
  const at = out + ((<usize>p) << 5);
  const to = count === panelRows ? at : space;
  const panel = first + p;
  multiplyIntegerRow<L>(kindOf(w), codesAt(w, panel), scalesAt(w, panel), columnsOf(w), x, to);
  if (count < panelRows) memory.copy(at, space, (<usize>count) << 2);
}

/** Rows of x, at most a block's, packed too, by a panel. */
function multiplyTiles<L>(
  w: usize,
  first: i32,
  n: i32,
  p: i32,
  xs: usize,
  packed: usize,
  outs: usize,
  rows: i32,
  space: usize,
): void {
  const kind = kindOf(w);
  const k = columnsOf(w);
  const scales = scalesIn(space);
  const panel = panelIn(space, k);
  const stored = scalesAt(w, first + p);
  const count = min(panelRows, n - p * panelRows);
  const outAt = (<usize>p) << 5;
  const last = rows - 1;
  const limbBytes = packedLimbBytes<L>(k);
  const codes = codesAt(w, first + p);
  unpackIntegers(kind, spareBits<L>(kind), codes, stored, k, panel, scales);
  for (let r = 0; r < last; r += 4) {
    integerTile<L>(panel, scales, scaledColumns(kind), k, packed, packed + limbBytes, space);
    if (hasMinimaOf(kind))
      subtractMinima4(
        stored,
        k,
        sumsOfRow<L>(pointerAt(xs, r), k),
        sumsOfRow<L>(pointerAt(xs, r + 1), k),
        sumsOfRow<L>(pointerAt(xs, min(r + 2, last)), k),
        sumsOfRow<L>(pointerAt(xs, min(r + 3, last)), k),
        space,
      );
    // a tile that is not full has its last row several times
    const here = min(4, rows - r);
    for (let i = 0; i < here; i++)
      storeSums(space + ((<usize>i) << 5), pointerAt(outs, r + i) + outAt, count);
    packed += limbBytes + ((<usize>(k >> 5)) << 4);
  }
  if ((rows & 3) === 1)
    multiplyPanel<L>(w, first, n, p, pointerAt(xs, last), pointerAt(outs, last), space);
}

/** Bytes of the limbs of four rows as they are packed for a tile; their scales follow. */
function packedLimbBytes<L>(k: i32): usize {
  return (<usize>k * sizeof<L>()) << 2;
}
