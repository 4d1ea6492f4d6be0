import { type DataTable, dataTable } from "../render/dataTable.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { LoadedValue } from "./loadValue.ts";
import type { Matrix } from "./matrixPicture.ts";
import { number } from "./numbersPanel.ts";
import { sliceText } from "./valueTexts.ts";
import { windowText } from "./windowsBar.ts";

/** What a table of numbers is made of; null before there is any. */
export interface TabledValue {
  readonly loaded: LoadedValue;
  readonly matrix: Matrix;
  /** Position of the step's first token. */
  readonly start: number;
}

/** The window's numbers, a row each. */
export function createValueTable(shown: () => TabledValue | null): DataTable {
  return dataTable({
    caption: () => {
      const value = shown();
      if (value === null) return "Numbers of a site";
      const { site, reply } = value.loaded;
      return `${site}${sliceText(reply)}, ${windowText(reply)}`;
    },
    columns: () => [
      { label: "position", isNumber: true },
      { label: "token", isNumber: false },
      { label: "column", isNumber: true },
      { label: "number", isNumber: true },
    ],
    nRows: () => shown()?.matrix.numbers.length ?? 0,
    row: (i) => {
      const value = shown();
      if (value === null) return [];
      const { matrix, start } = value;
      const { rowStart, columnStart, columnCount } = matrix.window;
      const row = rowStart + Math.floor(i / columnCount);
      return [
        String(start + row),
        visibleToken(matrix.rowTexts[row] ?? ""),
        String(columnStart + (i % columnCount)),
        number(matrix.numbers[i] ?? Number.NaN, matrix.isF64),
      ];
    },
  });
}
