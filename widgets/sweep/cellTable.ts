import { type DataTable, dataTable } from "../render/dataTable.ts";
import { visibleToken } from "../render/visibleToken.ts";
import { indicesOf, type SweepRecord } from "./data.ts";

/** Every cell with its numbers. */
export function createCellTable(record: SweepRecord): DataTable {
  const { axes, effects, low, high, p } = record;
  const numbers: readonly (readonly [string, Float64Array | null])[] = [
    ["effect", effects],
    ["low", low],
    ["high", high],
    ["p", p],
  ];
  const shown = numbers.flatMap(([name, values]) => (values === null ? [] : [{ name, values }]));
  const hasTokens = axes.map(({ tokens }) => tokens.some((token) => token !== null));
  const columns = [
    ...axes.flatMap(({ name }, i) => [
      { label: name, isNumber: true },
      ...(hasTokens[i] ? [{ label: "token", isNumber: false }] : []),
    ]),
    ...shown.map(({ name }) => ({ label: name, isNumber: true })),
  ];
  return dataTable({
    caption: () => `Effects on ${record.metric}, ${record.provenance}`,
    columns: () => columns,
    nRows: () => effects.length,
    row: (cell) => [
      ...indicesOf(record, cell).flatMap((index, i) => {
        const axis = axes[i];
        const token = axis?.tokens[index] ?? null;
        const named = hasTokens[i] ? [token === null ? "" : visibleToken(token)] : [];
        return [String(axis?.values[index]), ...named];
      }),
      ...shown.map(({ values }) => String(values[cell])),
    ],
  });
}
