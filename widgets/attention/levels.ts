import type { Viewport } from "./looking.ts";

/**
 * How a map of any length is cut into tiles. A level has blocks of `pool` tokens as cells, counted from query 0 and from the first
 * key that is not hidden, and square tiles of its cells. A tile is small enough for a tenth of a second of work, and all tiles of a view,
 * with a sample below them and one row and column of the map, are at most 1 MB.
 */
export interface Level {
  readonly pool: number;
  readonly keyOrigin: number;
  readonly tileCells: number;
}

export interface TilePlace {
  readonly row: number;
  readonly column: number;
}

/** Cells [row, rowEnd) x [column, columnEnd) of a level. */
export interface CellWindow {
  readonly row: number;
  readonly rowEnd: number;
  readonly column: number;
  readonly columnEnd: number;
}

/** Cells on a side of a tile, and tokens: of blocks that are wider a tile has fewer. */
const TILE_CELLS = 64;
const TILE_TOKENS = 1536;
/** Cells on a side of a whole map, of which the future is not asked for, and of a part, which may lie in the past alone. */
const EXACT_CELLS = 512;
const WHOLE_CELLS = 480;
const PART_CELLS = 320;
/** Cells on a side of a sample, and how many pairs of tokens a view has that wants one. */
const SAMPLE_CELLS = 96;
const SAMPLED_PAIRS = 2 ** 24;

/** @param nMeaned heads of which a cell is the mean @param nHidden first tokens that are left out */
export function levelOf(
  { span }: Viewport,
  nTokens: number,
  nMeaned: number,
  nHidden: number,
): Level {
  const pool = poolOf(span, nTokens);
  const cells = Math.floor(TILE_TOKENS / Math.sqrt(nMeaned) / pool);
  return {
    pool,
    keyOrigin: pool > 1 ? nHidden : 0,
    tileCells: Math.max(1, Math.min(TILE_CELLS, cells)),
  };
}

/** Parts have a few sizes of blocks, so that what was seen stays where it is while one moves in. */
function poolOf(span: number, nTokens: number): number {
  if (span === nTokens) return span <= EXACT_CELLS ? 1 : Math.ceil(span / WHOLE_CELLS);
  const least = span / PART_CELLS;
  let power = 1;
  while (power < least) power *= 2;
  return power > 2 && power * 0.75 >= least ? power * 0.75 : power;
}

export function windowOf(
  viewport: Viewport,
  { pool, keyOrigin }: Level,
  nTokens: number,
): CellWindow {
  const { queryStart, keyStart, span } = viewport;
  const end = (start: number): number => Math.min(nTokens, start + span);
  const column = Math.max(0, Math.floor((keyStart - keyOrigin) / pool));
  return {
    row: Math.floor(queryStart / pool),
    rowEnd: Math.ceil(end(queryStart) / pool),
    column,
    columnEnd: Math.max(column + 1, Math.ceil((end(keyStart) - keyOrigin) / pool)),
  };
}

/** Tiles with a cell in the window that is not of the future alone; nearest to the diagonal's end of the window first. */
export function tilesOf(window: CellWindow, level: Level): TilePlace[] {
  const { tileCells, pool, keyOrigin } = level;
  const places: TilePlace[] = [];
  const lastRow = Math.floor((window.rowEnd - 1) / tileCells);
  const lastColumn = Math.floor((window.columnEnd - 1) / tileCells);
  for (let row = lastRow; row >= Math.floor(window.row / tileCells); row--)
    for (let column = Math.floor(window.column / tileCells); column <= lastColumn; column++) {
      const firstKey = keyOrigin + column * tileCells * pool;
      if (firstKey < (row + 1) * tileCells * pool) places.push({ row, column });
    }
  return places;
}

/** Tokens of a tile, as a question names them. */
export function tileTokens({ row, column }: TilePlace, level: Level, nTokens: number) {
  const { tileCells, pool, keyOrigin } = level;
  const size = tileCells * pool;
  const [queryStart, keyStart] = [row * size, keyOrigin + column * size];
  return {
    queryStart,
    keyStart,
    queryCount: Math.min(size, nTokens - queryStart),
    keyCount: Math.min(size, nTokens - keyStart),
    pool,
  };
}

/** Side of a sample's cells, of each of which one query is looked at; null where all of them are soon there. */
export function samplePool(viewport: Viewport, nTokens: number, nMeaned: number): number | null {
  if (viewport.span ** 2 * nMeaned <= SAMPLED_PAIRS) return null;
  const cells = Math.max(32, Math.floor(SAMPLE_CELLS / Math.sqrt(nMeaned)));
  return Math.max(2, Math.ceil(nTokens / cells));
}
