import {
  type CacheLayer,
  type CachePart,
  type MatrixPlace,
  MOST_COLUMNS,
  MOST_ROWS,
  type TileWindow,
} from "./data.ts";

/** A rectangle of the matrix that is drawn. */
export interface Viewport {
  readonly rowStart: number;
  readonly rowCount: number;
  readonly columnStart: number;
  readonly columnCount: number;
}

/** Fewest rows and columns that the picture zooms in to. */
const LEAST = 8;

/** The rectangle with pools so small that the picture has no more cells than it may. */
export function windowOf(viewport: Viewport): TileWindow {
  return {
    ...viewport,
    rowPool: Math.ceil(viewport.rowCount / MOST_ROWS),
    columnPool: Math.ceil(viewport.columnCount / MOST_COLUMNS),
  };
}

/** The whole matrix. */
export const wholeViewport = (nRows: number, nColumns: number): Viewport => ({
  ...{ rowStart: 0, rowCount: nRows },
  ...{ columnStart: 0, columnCount: nColumns },
});

/** Half or twice as much of the matrix, round a number of it. */
export function zoomed(
  { rowCount, columnCount }: Viewport,
  factor: number,
  around: { readonly row: number; readonly column: number },
  nRows: number,
  nColumns: number,
): Viewport {
  const [rows, columns] = [side(rowCount * factor, nRows), side(columnCount * factor, nColumns)];
  return {
    rowStart: start(around.row - Math.floor(rows / 2), rows, nRows),
    rowCount: rows,
    columnStart: start(around.column - Math.floor(columns / 2), columns, nColumns),
    columnCount: columns,
  };
}

/** Moved as little as brings a number into it. */
export function viewportWith(viewport: Viewport, row: number, column: number): Viewport {
  const { rowStart, rowCount, columnStart, columnCount } = viewport;
  return {
    ...viewport,
    rowStart: reach(rowStart, rowCount, row),
    columnStart: reach(columnStart, columnCount, column),
  };
}

const side = (count: number, most: number): number =>
  Math.min(most, Math.max(Math.min(LEAST, most), Math.round(count)));

const start = (at: number, count: number, most: number): number =>
  Math.max(0, Math.min(most - count, at));

const reach = (from: number, count: number, at: number): number =>
  Math.max(at - count + 1, Math.min(from, at));

/** The same part and head in another layer, or what comes nearest to them there. */
export function placeIn(layers: readonly CacheLayer[], place: MatrixPlace): MatrixPlace {
  const layer = Math.max(0, Math.min(layers.length - 1, place.layer));
  const { part, nHeads } = partAt(layers, { ...place, layer });
  return { layer, part, head: Math.max(0, Math.min(nHeads - 1, place.head)) };
}

/** What is looked at; the layer's first part where it has none of that name. */
export function partAt(
  layers: readonly CacheLayer[],
  { layer, part }: Pick<MatrixPlace, "layer" | "part">,
): CachePart {
  const parts = layers[layer]?.parts ?? [];
  const found = parts.find((each) => each.part === part) ?? parts[0];
  if (found === undefined) throw new Error(`layer ${layer} has no cache`);
  return found;
}
