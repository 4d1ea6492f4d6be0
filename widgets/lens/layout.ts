/** Sizes of the grid in CSS pixels. */
export const ROW = 22;
/** Two lines above the cells: tokens and their positions; one below: targets. */
export const HEAD = 34;
export const FOOT = 22;
export const LEAST_CELL = 58;
const MOST_CELL = 110;
const LETTER = 6.7;

/** Where everything stands. */
export interface GridLayout {
  readonly left: number;
  readonly cellWidth: number;
  readonly first: number;
  readonly count: number;
  readonly nRows: number;
}

/** Room left of the cells for names. */
export function nameRoom(names: readonly string[]): number {
  return 12 + LETTER * Math.max(6, ...names.map(({ length }) => length));
}

export function layoutOf(
  names: readonly string[],
  width: number,
  { first, count }: { readonly first: number; readonly count: number },
): GridLayout {
  const left = nameRoom(names);
  const cellWidth = Math.max(LEAST_CELL, Math.min(MOST_CELL, (width - left - 2) / count));
  return { ...{ left, cellWidth, first, count }, nRows: names.length };
}

/** Letters that fit into a cell. */
export const lettersOf = ({ cellWidth }: GridLayout): number =>
  Math.max(1, Math.floor((cellWidth - 8) / LETTER));

/** The cell at a place of the canvas; null beside the cells. */
export function cellAt(
  { left, cellWidth, first, count, nRows }: GridLayout,
  x: number,
  y: number,
): { readonly row: number; readonly column: number } | null {
  const row = Math.floor((y - HEAD) / ROW);
  const column = Math.floor((x - left) / cellWidth);
  const isInside = row >= 0 && row < nRows && column >= 0 && column < count;
  return isInside ? { row, column: first + column } : null;
}
