import { blockRows } from "./floatProduct";
import { multiplyIntegerRow } from "./integerRowKernel";
import { sumsOfRow } from "./integerRows";
import { integerPanel, integerTile, scaledColumns } from "./integerTile";
import { subtractMinima4 } from "./kQuants";
import { panelIn, scalesIn, storeSums } from "./multiply";
import { pointerAt } from "./packRows";
import {
  codesAt,
  columnsOf,
  kindOf,
  panelRows,
  panelsOf,
  q4_k,
  q5_k,
  rowsOf,
  scalesAt,
} from "./panels";

/** From how many rows on a panel is read in tiles. */
const leastTileRows: i32 = 3;

/** `multiply`, for rows of x in whole numbers and a weight whose codes are such. */
export function multiplyIntegers(
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
  for (let r = 0; r < rows; r += blockRows) {
    const here = min(blockRows, rows - r);
    for (let p = panelFrom; p < panelTo; p++) {
      const count = min(panelRows, n - p * panelRows);
      const at = (<usize>r) << 2;
      multiplyIntegerPanel(w, first + p, xs + at, outs + at, (<usize>p) << 5, count, here, space);
    }
  }
}

function multiplyIntegerPanel(
  w: usize,
  panel: i32,
  xs: usize,
  outs: usize,
  outAt: usize,
  count: i32,
  rows: i32,
  space: usize,
): void {
  const kind = kindOf(w);
  const k = columnsOf(w);
  const stored = codesAt(w, panel);
  const storedScales = scalesAt(w, panel);
  const last = rows - 1;
  let r = 0;
  if (rows >= leastTileRows) {
    const scales = scalesIn(space);
    const codes = integerPanel(kind, stored, storedScales, k, panelIn(space, k), scales);
    for (; r < last; r += 4) {
      const a = pointerAt(xs, r);
      const b = pointerAt(xs, r + 1);
      const c = pointerAt(xs, min(r + 2, last));
      const d = pointerAt(xs, min(r + 3, last));
      integerTile(codes, scales, scaledColumns(kind), k, a, b, c, d, space);
      if (kind === q4_k || kind === q5_k)
        subtractMinima4(
          storedScales,
          k,
          sumsOfRow(a, k),
          sumsOfRow(b, k),
          sumsOfRow(c, k),
          sumsOfRow(d, k),
          space,
        );
      const here = min(4, rows - r);
      for (let i = 0; i < here; i++)
        storeSums(space + ((<usize>i) << 5), pointerAt(outs, r + i) + outAt, count);
    }
  }
  for (; r < rows; r++) {
    const out = pointerAt(outs, r) + outAt;
    const to = count === panelRows ? out : space;
    multiplyIntegerRow(kind, stored, storedScales, k, pointerAt(xs, r), to);
    if (to !== out) memory.copy(out, to, (<usize>count) << 2);
  }
}
