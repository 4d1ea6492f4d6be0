import type { SweepAxisRecord, SweepRecord } from "./data.ts";

/** Which axis goes where: numbers of axes. */
export interface Arrangement {
  /** Null where there is one axis: it goes across. */
  readonly rows: number | null;
  readonly columns: number;
  /** Has one map for each of its values. */
  readonly third: number | null;
}

/** All that can be looked at, as the sweep names its axes first. */
export function arrangements({ axes }: Pick<SweepRecord, "axes">): Arrangement[] {
  if (axes.length === 1) return [{ rows: null, columns: 0, third: null }];
  const all = axes.map((_, i) => i);
  const pairs = all.flatMap((rows) =>
    all.filter((columns) => columns !== rows).map((columns) => ({ rows, columns })),
  );
  return pairs
    .map((pair) => ({
      ...pair,
      third: all.find((axis) => axis !== pair.rows && axis !== pair.columns) ?? null,
    }))
    .sort((a, b) => order(a) - order(b));
}

/** Axes in their own order come first, then those that are turned. */
const order = ({ rows, columns }: Arrangement): number =>
  (Number(rows) > columns ? 10 : 0) + Number(rows) + columns;

/** "layer × position, by head" */
export function arrangementText(
  { axes }: Pick<SweepRecord, "axes">,
  { rows, columns, third }: Arrangement,
): string {
  const name = (axis: number): string => axes[axis]?.name ?? "";
  const down = rows === null ? "" : `${name(rows)} × `;
  return `${down}${name(columns)}${third === null ? "" : `, by ${name(third)}`}`;
}

/** One map of a sweep: rows by columns, at one value of the third axis. */
export interface EffectMap {
  readonly rowAxis: SweepAxisRecord | null;
  readonly columnAxis: SweepAxisRecord;
  readonly nRows: number;
  readonly nColumns: number;
  /** The cell's place in the arrays of the record. */
  cellAt(row: number, column: number): number;
}

/** @param at index along the third axis */
export function mapOf(
  { axes }: Pick<SweepRecord, "axes">,
  { rows, columns, third }: Arrangement,
  at: number,
): EffectMap {
  const columnAxis = axes[columns];
  if (columnAxis === undefined) throw new Error(`a sweep has no axis ${columns}`);
  const rowAxis = rows === null ? null : (axes[rows] ?? null);
  const stride = (axis: number | null): number =>
    axis === null ? 0 : axes.slice(axis + 1).reduce((n, { values }) => n * values.length, 1);
  const [down, across, behind] = [stride(rows), stride(columns), stride(third)];
  return {
    ...{ rowAxis, columnAxis },
    nRows: rowAxis?.values.length ?? 1,
    nColumns: columnAxis.values.length,
    cellAt: (row, column) => row * down + column * across + at * behind,
  };
}

/** What of a map is shown, in rows and columns. */
export interface Viewport {
  readonly rowStart: number;
  readonly rowCount: number;
  readonly columnStart: number;
  readonly columnCount: number;
}

export function wholeViewport({ nRows, nColumns }: EffectMap): Viewport {
  return { rowStart: 0, rowCount: nRows, columnStart: 0, columnCount: nColumns };
}

/** A viewport of half or twice the cells round one, inside of the map. */
export function zoomed(
  { nRows, nColumns }: EffectMap,
  { rowCount, columnCount }: Viewport,
  [row, column]: readonly [row: number, column: number],
  factor: number,
): Viewport {
  const [rowStart, rows] = span(row, rowCount * factor, nRows);
  const [columnStart, columns] = span(column, columnCount * factor, nColumns);
  return { rowStart, rowCount: rows, columnStart, columnCount: columns };
}

/** Fewer cells than this are not zoomed into. */
const LEAST = 8;

function span(at: number, wanted: number, all: number): [start: number, count: number] {
  const count = Math.min(all, Math.max(LEAST, Math.round(wanted)));
  return [Math.max(0, Math.min(all - count, Math.round(at - count / 2))), count];
}

/** The same viewport, moved as little as brings the cell inside. */
export function viewportWith(viewport: Viewport, row: number, column: number): Viewport {
  const { rowStart, rowCount, columnStart, columnCount } = viewport;
  return {
    ...viewport,
    rowStart: moved(rowStart, rowCount, row),
    columnStart: moved(columnStart, columnCount, column),
  };
}

function moved(start: number, count: number, at: number): number {
  return at < start ? at : at >= start + count ? at - count + 1 : start;
}
