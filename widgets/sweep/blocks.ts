import type { EffectMap, Viewport } from "./arrangement.ts";
import { type Level, type SweepRecord, survives } from "./data.ts";

/** A viewport cut into blocks of cells, each of which is drawn as one. */
export interface Blocks extends Viewport {
  readonly rowPool: number;
  readonly columnPool: number;
  readonly rows: number;
  readonly columns: number;
}

/** One cell of the picture. */
export interface Block {
  /** Its cell farthest from 0, as a place in the arrays of the record. */
  readonly cell: number;
  /** Where that is in the map. */
  readonly row: number;
  readonly column: number;
  /** Cells of it that survive. */
  readonly nSurviving: number;
}

/** Blocks as small as so many rows and columns allow. */
export function blocksOf(viewport: Viewport, mostRows: number, mostColumns: number): Blocks {
  const rowPool = Math.max(1, Math.ceil(viewport.rowCount / mostRows));
  const columnPool = Math.max(1, Math.ceil(viewport.columnCount / mostColumns));
  return {
    ...viewport,
    ...{ rowPool, columnPool },
    rows: Math.ceil(viewport.rowCount / rowPool),
    columns: Math.ceil(viewport.columnCount / columnPool),
  };
}

/** What a block stands for. An effect that is no number is nearer to 0 than any other. */
export function blockAt(
  record: SweepRecord,
  map: EffectMap,
  blocks: Blocks,
  [row, column]: readonly [row: number, column: number],
  level: Level,
): Block {
  const { rowStart, rowCount, columnStart, columnCount, rowPool, columnPool } = blocks;
  const rowEnd = Math.min(rowStart + rowCount, rowStart + (row + 1) * rowPool);
  const columnEnd = Math.min(columnStart + columnCount, columnStart + (column + 1) * columnPool);
  let found = { cell: -1, row: 0, column: 0 };
  let [nSurviving, most] = [0, Number.NEGATIVE_INFINITY];
  for (let r = rowStart + row * rowPool; r < rowEnd; r++)
    for (let c = columnStart + column * columnPool; c < columnEnd; c++) {
      const at = map.cellAt(r, c);
      const effect = record.effects[at] ?? Number.NaN;
      const size = Number.isNaN(effect) ? -1 : Math.abs(effect);
      if (size > most) {
        found = { cell: at, row: r, column: c };
        most = size;
      }
      if (survives(record, at, level)) nSurviving += 1;
    }
  return { ...found, nSurviving };
}

/** "a cell is 1 layer × 4 positions: the effect farthest from 0"; "" where it is one number. */
export function poolText(
  { rowAxis, columnAxis }: EffectMap,
  { rowPool, columnPool }: Blocks,
): string {
  if (rowPool === 1 && columnPool === 1) return "";
  const count = (n: number, name: string): string => `${n} ${name}${n === 1 ? "" : "s"}`;
  const down = rowAxis === null ? "" : `${count(rowPool, rowAxis.name)} × `;
  return `a cell is ${down}${count(columnPool, columnAxis.name)}: the effect farthest from 0`;
}
