import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import type { PairSource } from "./comparedRuns.ts";
import type { ComparisonState, PairInfo, Tab } from "./data.ts";
import type { Pair } from "./pairs.ts";

/** A table for the tokens of both texts, and one for each further picture: both numbers and their difference, cell by cell. */
export function comparisonTables(
  state: ComparisonState,
  sources: readonly PairSource[],
): readonly TableSource[] {
  const ofTab = (tab: Tab) => sources.filter(({ info }) => info.tab === tab);
  const further = (["attention", "routes", "cost"] as const).flatMap((tab) => {
    const found = ofTab(tab);
    return found.length === 0 ? [] : [{ name: tab, columns: () => cellColumns(state, found) }];
  });
  return [{ name: "tokens", columns: () => tokenColumns(state, ofTab("tokens")) }, ...further];
}

async function tokenColumns(
  { texts, own, other, tops }: ComparisonState,
  sources: readonly PairSource[],
): Promise<TableColumn[]> {
  const position = (all: readonly number[]) => all.map((at) => (at < 0 ? null : at));
  const columns: TableColumn[] = [
    { name: "text", values: texts },
    { name: "position in A", values: position(own) },
    { name: "position in B", values: position(other) },
  ];
  for (const { info, read } of sources) columns.push(...numberColumns(info, await read()));
  if (tops.a.length > 0)
    columns.push(
      { name: "likeliest next in A", values: tops.a },
      { name: "likeliest next in B", values: tops.b },
    );
  return columns;
}

function numberColumns({ label, unit, isDifference }: PairInfo, pair: Pair): TableColumn[] {
  const column = (name: string, values: Float64Array | null): TableColumn[] =>
    values === null ? [] : [{ name, values, ...(unit !== "" && { unit }) }];
  if (isDifference) return column(label, pair.difference);
  return [
    ...column(`${label} in A`, pair.a),
    ...column(`${label} in B`, pair.b),
    ...column(`${label}, B − A`, pair.difference),
  ];
}

/** A row for each cell of each quantity. */
async function cellColumns(
  { texts }: ComparisonState,
  sources: readonly PairSource[],
): Promise<TableColumn[]> {
  const sizes = sources.map(({ info }) => info.rows.length * info.nColumns);
  const nRows = sizes.reduce((a, b) => a + b, 0);
  checkRows("comparison", nRows, "Compare shorter texts.");
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const [a, b, difference] = [0, 1, 2].map(() => new Float64Array(nRows).fill(Number.NaN));
  for (const [i, { read }] of sources.entries()) {
    const pair = await read();
    const start = starts[i] as number;
    if (pair.a !== null) a?.set(pair.a, start);
    if (pair.b !== null) b?.set(pair.b, start);
    difference?.set(pair.difference, start);
  }
  const cells = sources.flatMap(({ info }) =>
    info.rows.flatMap((row) =>
      Array.from({ length: info.nColumns }, (_, column) => ({ info, row, column })),
    ),
  );
  const [first] = sources;
  return [
    { name: "quantity", values: cells.map(({ info }) => info.label) },
    { name: "unit of the quantity", values: cells.map(({ info }) => info.unit) },
    { name: first?.info.tab === "cost" ? "part" : "layer", values: cells.map(({ row }) => row) },
    wholeColumn("column", nRows, (row) => cells[row]?.column ?? -1),
    {
      name: "column is",
      values: cells.map(({ info, column }) =>
        info.columns === "tokens" ? (texts[column] ?? "") : info.columns.replace(/s$/, ""),
      ),
    },
    { name: "A", values: a as Float64Array },
    { name: "B", values: b as Float64Array },
    { name: "B − A", values: difference as Float64Array },
  ];
}
