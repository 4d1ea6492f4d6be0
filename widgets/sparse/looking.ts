import { type CellWindow, MOST_COLUMNS, MOST_ROWS } from "./pool.ts";

/** A square of the map that is drawn: the same positions down as across, unless it is cut at an end. */
export type Viewport = Pick<CellWindow, "rowStart" | "rowCount" | "columnStart" | "columnCount">;

/** Fewest queries and keys that the picture zooms in to. */
const LEAST = 8;

/** The rectangle with pools so small that the picture has no more cells than it may. */
export function windowOf(viewport: Viewport): CellWindow {
  return {
    ...viewport,
    rowPool: Math.ceil(viewport.rowCount / MOST_ROWS),
    columnPool: Math.ceil(viewport.columnCount / MOST_COLUMNS),
  };
}

export const wholeViewport = (nTokens: number): Viewport => ({
  ...{ rowStart: 0, rowCount: nTokens, columnStart: 0, columnCount: nTokens },
});

/** Half or twice as much of the map, round a cell of it. */
export function zoomed(
  { rowCount }: Viewport,
  factor: number,
  around: { readonly query: number; readonly key: number },
  nTokens: number,
): Viewport {
  const count = Math.min(
    nTokens,
    Math.max(Math.min(LEAST, nTokens), Math.round(rowCount * factor)),
  );
  const start = (at: number): number =>
    Math.max(0, Math.min(nTokens - count, at - Math.floor(count / 2)));
  return {
    ...{ rowStart: start(around.query), rowCount: count },
    ...{ columnStart: start(around.key), columnCount: count },
  };
}

/** Moved as little as brings a cell into it. */
export function viewportWith(viewport: Viewport, query: number, key: number): Viewport {
  const { rowStart, rowCount, columnStart, columnCount } = viewport;
  return {
    ...viewport,
    rowStart: reach(rowStart, rowCount, query),
    columnStart: reach(columnStart, columnCount, key),
  };
}

const reach = (from: number, count: number, at: number): number =>
  Math.max(at - count + 1, Math.min(from, at));
