import type { Theme } from "../render/theme.ts";

/** Where the columns of a window stand. */
interface Columns {
  readonly columnStart: number;
  readonly columnCount: number;
  /** Pixels before the first. */
  readonly left: number;
  readonly cellWidth: number;
}

/** Pixels for a number of the row of numbers, and between two of them. */
const [ROOM, GAP] = [48, 6];
const MIDDLE = 7;

/** Numbers above the columns of a matrix: that of the chosen one, and as many of the others as there is room for. */
export function drawColumnNumbers(
  context: CanvasRenderingContext2D,
  theme: Theme,
  { columnStart, columnCount, left, cellWidth }: Columns,
  chosen: number,
): void {
  const end = left + columnCount * cellWidth;
  const most = Math.max(1, Math.floor((end - left) / ROOM));
  const every = Math.max(1, Math.ceil(columnCount / most));
  const isThere = chosen >= columnStart && chosen < columnStart + columnCount;
  context.textAlign = "left";
  context.font = `600 11px ${theme.font}`;
  const width = context.measureText(String(chosen)).width;
  const at = Math.max(left, Math.min(left + (chosen - columnStart) * cellWidth, end - width));
  if (isThere) {
    context.fillStyle = theme.selection;
    context.fillText(String(chosen), at, MIDDLE);
  }
  context.font = `11px ${theme.font}`;
  context.fillStyle = theme.muted;
  for (let column = columnStart; column < columnStart + columnCount; column += every) {
    const x = left + (column - columnStart) * cellWidth;
    const right = x + context.measureText(String(column)).width;
    const isFree = !isThere || right + GAP < at || x > at + width + GAP;
    if (isFree && right <= end) context.fillText(String(column), x, MIDDLE);
  }
}
