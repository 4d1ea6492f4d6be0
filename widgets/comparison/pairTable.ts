import type { DataTableOptions } from "../render/dataTable.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { SIDE_NAMES } from "./data.ts";
import type { ComparisonPage } from "./page.ts";

/** The numbers of what is drawn: a row for each cell, with both numbers and their difference. */
export function pairTable(page: ComparisonPage): DataTableOptions {
  const { state, columns, store } = page;
  const isOfTokens = (): boolean => page.info.columns === "tokens";
  const plain = (value: number | undefined): string =>
    value === undefined || Number.isNaN(value) ? "" : String(value);
  return {
    caption: () => {
      const { label, unit, provenance } = page.info;
      return `${label}${unit === "" ? "" : `, ${unit}`} (${provenance}): A is ${state.names.a}, B is ${state.names.b}; empty where there is none`;
    },
    columns: () => [
      ...(page.info.rows.length > 1
        ? [
            {
              label: page.info.tab === "cost" ? "part" : "layer",
              isNumber: page.info.tab !== "cost",
            },
          ]
        : []),
      ...(isOfTokens()
        ? [
            { label: "token", isNumber: false },
            { label: "position in A", isNumber: true },
            { label: "position in B", isNumber: true },
          ]
        : [{ label: page.info.columns.replace(/s$/, ""), isNumber: true }]),
      ...(page.info.isDifference
        ? [{ label: page.info.label, isNumber: true }]
        : (["a", "b", "difference"] as const).map((side) => ({
            label: SIDE_NAMES[side],
            isNumber: true,
          }))),
    ],
    nRows: () => page.info.rows.length * page.info.nColumns,
    row: (i) => {
      const { info } = page;
      const [row, column] = [Math.floor(i / info.nColumns), i % info.nColumns];
      const { own, other } = columns[column] ?? { own: -1, other: -1 };
      const pair = store.pair(info.key);
      const position = (at: number): string => (at < 0 ? "" : String(at));
      const values = info.isDifference ? [pair?.difference] : [pair?.a, pair?.b, pair?.difference];
      return [
        ...(info.rows.length > 1 ? [info.rows[row] ?? ""] : []),
        ...(isOfTokens()
          ? [visibleToken(state.texts[column] ?? ""), position(own), position(other)]
          : [String(column)]),
        ...values.map((all) => (pair === null ? "…" : plain(all?.[i]))),
      ];
    },
  };
}
