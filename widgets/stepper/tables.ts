import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import type { StepperState } from "./data.ts";
import { slicesOf } from "./picture.ts";
import type { SiteShown } from "./staticPicture.ts";

/** The operators with those that are executed, and every number of the value that is drawn. */
export function stepperTables(
  state: Pick<StepperState, "operators" | "snapshot">,
  shown: SiteShown | null,
): TableSource[] {
  return [
    ...(shown === null ? [] : [{ name: "numbers", columns: () => numberColumns(state, shown) }]),
    { name: "operators", columns: operatorColumns(state) },
  ];
}

function operatorColumns({
  operators,
  snapshot,
}: Pick<StepperState, "operators" | "snapshot">): TableColumn[] {
  return [
    wholeColumn("operator", operators.length, (i) => i),
    { name: "kind", values: operators.map(({ kind }) => kind) },
    { name: "layer", values: operators.map(({ layer }) => layer) },
    { name: "sites", values: operators.map(({ sites }) => sites.join(" ")) },
    { name: "executed", values: operators.map((_, i) => i < snapshot.executed) },
  ];
}

/** Rows are tokens of the step, or what else the site's second axis from the right is. */
function numberColumns(
  { snapshot }: Pick<StepperState, "snapshot">,
  { site, value }: SiteShown,
): TableColumn[] {
  const { nSlices, nRows, nColumns, sliceStride, rowStride } = slicesOf(value);
  const count = nSlices * nRows * nColumns;
  checkRows("stepper, table numbers", count, "Read the site by stepper.value.");
  const row = (i: number): number => Math.floor(i / nColumns) % nRows;
  const slice = (i: number): number => Math.floor(i / (nColumns * nRows));
  const numbers = new (value.data.constructor as Float64ArrayConstructor)(count);
  for (let i = 0; i < count; i++)
    numbers[i] =
      value.data[slice(i) * sliceStride + row(i) * rowStride + (i % nColumns)] ?? Number.NaN;
  return [
    { name: "site", values: Array.from({ length: count }, () => site) },
    wholeColumn("slice", count, slice),
    wholeColumn("position", count, (i) => snapshot.start + row(i)),
    wholeColumn("column", count, (i) => i % nColumns),
    { name: "number", values: numbers },
  ];
}
