import type { Kind } from "./data.ts";

/** Most rows and columns of a picture: 256 x 768 x 4 bytes is three quarters of a megabyte. */
export const MOST_ROWS = 256;
export const MOST_COLUMNS = 768;
/** Most numbers that travel at once: 1 MB of f32. */
export const MOST_CELLS = 2 ** 18;

/** A rectangle of the map, and how many queries and keys of it become one cell. */
export interface CellWindow {
  readonly rowStart: number;
  readonly rowCount: number;
  readonly columnStart: number;
  readonly columnCount: number;
  readonly rowPool: number;
  readonly columnPool: number;
}

/** How many cells a window has on its sides. */
export function cellsOf(window: CellWindow): { readonly rows: number; readonly columns: number } {
  return {
    rows: Math.ceil(window.rowCount / window.rowPool),
    columns: Math.ceil(window.columnCount / window.columnPool),
  };
}

/**
 * Blocks of a strip of queries as cells (rows, columns): of what was kept the share, of scores the highest, of weights the one farthest
 * from 0. What a query may not see, NaN, does not count; a block without anything else is NaN.
 * @param strip (rowCount, nKeys), from the window's first query on
 */
export function poolStrip(
  strip: Float32Array,
  nKeys: number,
  window: CellWindow,
  kind: Kind,
): Float32Array {
  const { rowCount, columnStart, columnCount, rowPool, columnPool } = window;
  const { rows, columns } = cellsOf(window);
  const cells = new Float32Array(rows * columns).fill(Number.NaN);
  const counts = new Float64Array(kind === "kept" ? cells.length : 0);
  for (let r = 0; r < rowCount; r++)
    for (let c = 0; c < columnCount; c++) {
      const x = strip[r * nKeys + columnStart + c] ?? Number.NaN;
      if (Number.isNaN(x)) continue;
      const at = Math.floor(r / rowPool) * columns + Math.floor(c / columnPool);
      const known = cells[at] ?? Number.NaN;
      if (kind === "kept") counts[at] = (counts[at] ?? 0) + 1;
      if (Number.isNaN(known)) cells[at] = x;
      else if (kind === "kept") cells[at] = known + x;
      else if (kind === "scores" ? x > known : Math.abs(x) > Math.abs(known)) cells[at] = x;
    }
  counts.forEach((count, i) => {
    if (count > 0) cells[i] = (cells[i] ?? 0) / count;
  });
  return cells;
}
