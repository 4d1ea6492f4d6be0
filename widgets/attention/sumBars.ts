import type { Theme } from "../render/theme.ts";
import type { Cell } from "./looking.ts";
import type { MapCells, MapSums } from "./mapCells.ts";

interface Place {
  readonly left: number;
  readonly top: number;
  readonly side: number;
  readonly queryStart: number;
  readonly keyStart: number;
  readonly span: number;
}

const LENGTH = 34;
const GAP = 4;

/** Bars of what each row gives, right of the map, and of what each column gets, above it; each direction on its own scale. */
export function drawSums(
  context: CanvasRenderingContext2D,
  cells: MapCells,
  sums: MapSums,
  { left, top, side, queryStart, keyStart, span }: Place,
  theme: Theme,
): void {
  const size = side / span;
  context.fillStyle = theme.data;
  const bar = (from: number, at: number): readonly [start: number, thickness: number] =>
    barOf(from + at * size, cells.pool * size, context.getTransform().a);
  const [most, mostOfColumns] = [largest(sums.rows), largest(sums.columns)];
  sums.rows.forEach((sum, r) => {
    const [y, thickness] = bar(top, cells.queryStart + r * cells.pool - queryStart);
    if (sum > 0) context.fillRect(left + side + GAP, y, (LENGTH * sum) / most, thickness);
  });
  sums.columns.forEach((sum, c) => {
    const [x, thickness] = bar(left, cells.keyStart + c * cells.pool - keyStart);
    const height = (LENGTH * sum) / mostOfColumns;
    if (sum > 0) context.fillRect(x, top - GAP - height, thickness, height);
  });
}

/** Where a cell's bar lies, on whole pixels of the screen: neighbours with edges between them would shine through. */
function barOf(
  start: number,
  size: number,
  density: number,
): readonly [start: number, thickness: number] {
  const snapped = (at: number): number => Math.round(at * density) / density;
  const gap = size > 6 ? 1 : 0;
  const first = snapped(start);
  return [first, Math.max(1 / density, snapped(start + size) - first - gap)];
}

function largest(sums: Float64Array): number {
  return sums.reduce((most, sum) => (Number.isNaN(sum) ? most : Math.max(most, sum)), 0) || 1;
}

/** The sums of the row and the column that a cell is in. */
export function sumText(cell: Cell, cells: MapCells, sums: MapSums): string {
  const row = sums.rows[Math.floor((cell.query - cells.queryStart) / cells.pool)];
  const column = sums.columns[Math.floor((cell.key - cells.keyStart) / cells.pool)];
  const text = (sum: number | undefined): string =>
    sum === undefined || Number.isNaN(sum) ? "…" : sum.toPrecision(4);
  const isBlock = cells.pool > 1 ? `, means over blocks of ${cells.pool}` : "";
  return `shown keys get ${text(row)} of the query, the key ${text(column)} of shown queries${isBlock}`;
}
