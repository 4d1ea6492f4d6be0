import type { Theme } from "../render/theme.ts";
import type { MassRows } from "./data.ts";
import type { CellWindow } from "./pool.ts";

export const STRIP_WIDTH = 110;

/** A bar for each row: what its query dropped in the head, of several queries the most; a tick at the mean of all heads. */
export function drawMassStrip(
  context: CanvasRenderingContext2D,
  mass: MassRows | null,
  { rowStart, rowCount, rowPool }: CellWindow,
  { x, y, cellHeight }: { readonly x: number; readonly y: number; readonly cellHeight: number },
  theme: Theme,
): void {
  const rows = Math.ceil(rowCount / rowPool);
  context.fillStyle = theme.mask;
  context.fillRect(x, y, STRIP_WIDTH, rows * cellHeight);
  if (mass === null) return;
  const bar = Math.max(1, cellHeight - (cellHeight >= 4 ? 1 : 0));
  for (let r = 0; r < rows; r++) {
    const start = rowStart + r * rowPool;
    const end = Math.min(start + rowPool, rowStart + rowCount);
    const top = y + r * cellHeight;
    context.fillStyle = theme.selection;
    context.fillRect(x, top, STRIP_WIDTH * most(mass.head, start, end), bar);
    context.fillStyle = theme.ink;
    context.fillRect(x + STRIP_WIDTH * most(mass.mean, start, end) - 1, top, 2, bar);
  }
}

function most(values: Float32Array, start: number, end: number): number {
  let largest = 0;
  for (let t = start; t < end; t++) largest = Math.max(largest, values[t] ?? 0);
  return largest;
}
