import { UNKNOWN } from "./data.ts";
import { type CellWindow, type Level, type TilePlace, tilesOf } from "./levels.ts";

/** The cells of a window, put together from its tiles. */
export interface MapCells {
  /** Token of the first row and of the first column. */
  readonly queryStart: number;
  readonly keyStart: number;
  readonly rows: number;
  readonly columns: number;
  readonly pool: number;
  /** (rows, columns) f32; UNKNOWN where a tile is on its way. */
  readonly weights: Float32Array;
  readonly nTiles: number;
  readonly nMissing: number;
}

/** @param tileOf its cells, packed, or null while they are on their way */
export function mapCells(
  window: CellWindow,
  level: Level,
  nTokens: number,
  tileOf: (place: TilePlace) => Float32Array | null,
): MapCells {
  const [rows, columns] = [window.rowEnd - window.row, window.columnEnd - window.column];
  const weights = new Float32Array(rows * columns).fill(UNKNOWN);
  const places = tilesOf(window, level);
  let nMissing = 0;
  for (const place of places) {
    const tile = tileOf(place);
    if (tile) copyTile(tile, place, window, level, nTokens, weights);
    else nMissing += 1;
  }
  return {
    queryStart: window.row * level.pool,
    keyStart: level.keyOrigin + window.column * level.pool,
    ...{ rows, columns, pool: level.pool, weights, nTiles: places.length, nMissing },
  };
}

function copyTile(
  tile: Float32Array,
  place: TilePlace,
  window: CellWindow,
  { tileCells, pool, keyOrigin }: Level,
  nTokens: number,
  into: Float32Array,
): void {
  const [top, left] = [place.row * tileCells, place.column * tileCells];
  const width = Math.min(tileCells, Math.ceil((nTokens - keyOrigin) / pool) - left);
  const from = Math.max(left, window.column);
  const to = Math.min(left + width, window.columnEnd);
  const columns = window.columnEnd - window.column;
  for (let row = Math.max(top, window.row); row < Math.min(top + tileCells, window.rowEnd); row++) {
    const at = (row - top) * width - left;
    into.set(
      tile.subarray(at + from, at + to),
      (row - window.row) * columns + from - window.column,
    );
  }
}

/** What the queries shown give to the keys shown, and what these get. */
export interface MapSums {
  /** (rows) of each block of queries the mean of what one of them gives; NaN while something is missing. */
  readonly rows: Float64Array;
  /** (columns) of each block of keys the mean of what one of them gets; NaN while something is missing. */
  readonly columns: Float64Array;
}

/** @param cells exact or of means */
export function mapSums(cells: MapCells, nTokens: number): MapSums {
  const { rows, columns, pool, weights, queryStart, keyStart } = cells;
  const sums = { rows: new Float64Array(rows), columns: new Float64Array(columns) };
  for (let r = 0; r < rows; r++) {
    const nQueries = Math.min(pool, nTokens - queryStart - r * pool);
    for (let c = 0; c < columns; c++) {
      if (keyStart + c * pool >= queryStart + r * pool + nQueries) break; // the future
      const weight = weights[r * columns + c] ?? UNKNOWN;
      const known = weight === UNKNOWN ? Number.NaN : weight;
      const nKeys = Math.min(pool, nTokens - keyStart - c * pool);
      sums.rows[r] = (sums.rows[r] ?? 0) + known * nKeys;
      sums.columns[c] = (sums.columns[c] ?? 0) + known * nQueries;
    }
  }
  return sums;
}
