import { type DataTable, dataTable } from "../render/dataTable.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { type CachePart, type MatrixPlace, matrixName } from "./data.ts";
import type { MatrixStore, MatrixTile } from "./matrixStore.ts";

/** Columns of numbers, and rows that are asked for together. */
const COLUMNS = 12;
const ROWS = 128;

/** Every digit of the columns round the chosen one, a row for each token. */
export function numbersTable(options: {
  readonly store: MatrixStore;
  readonly tokenTexts: readonly string[];
  readonly at: () => {
    readonly place: MatrixPlace;
    readonly part: CachePart;
    readonly column: number;
  };
}): DataTable {
  const { store, tokenTexts, at } = options;
  const nTokens = tokenTexts.length;
  const columns = (): { readonly start: number; readonly count: number } => {
    const { part, column } = at();
    const start = Math.floor(column / COLUMNS) * COLUMNS;
    return { start, count: Math.min(COLUMNS, part.nColumns - start) };
  };
  const block = (token: number): MatrixTile | null => {
    const { start, count } = columns();
    const rowStart = Math.floor(token / ROWS) * ROWS;
    const rows = { rowStart, rowCount: Math.min(ROWS, nTokens - rowStart), rowPool: 1 };
    const window = { ...rows, columnStart: start, columnCount: count, columnPool: 1 };
    return store.tile(at().place, window, "farthest");
  };
  return dataTable({
    caption: () => {
      const { place, part } = at();
      const { start, count } = columns();
      return `Layer ${place.layer}, ${matrixName(part, place.head)}: columns ${start} to ${start + count - 1} of ${part.nColumns} (${part.provenance}). The chosen column decides which.`;
    },
    columns: () => {
      const { start, count } = columns();
      return [
        { label: "position", isNumber: true },
        { label: "token", isNumber: false },
        ...Array.from({ length: count }, (_, c) => ({ label: String(start + c), isNumber: true })),
      ];
    },
    nRows: () => nTokens,
    row: (token) => {
      const { count } = columns();
      const tile = block(token);
      const from = tile === null ? 0 : (token - tile.window.rowStart) * count;
      return [
        String(token),
        visibleToken(tokenTexts[token] ?? ""),
        ...Array.from({ length: count }, (_, c) =>
          tile === null ? "…" : exactF32(tile.cells[from + c] ?? Number.NaN),
        ),
      ];
    },
  });
}
