import { type DataTable, dataTable } from "../render/dataTable.ts";
import { exactF32 } from "../render/formatNumber.ts";
import { visibleToken } from "../render/visibleToken.ts";
import type { MassRows } from "./data.ts";
import type { Place } from "./store.ts";

/** Every query's kept keys and dropped mass, of the chosen head and over all. */
export function createMassTable(
  tokenTexts: readonly string[],
  at: () => { readonly place: Place; readonly mass: MassRows | null },
): DataTable {
  return dataTable({
    caption: () =>
      `Layer ${at().place.layer}, head ${at().place.head}: keys kept (measured) and attention mass dropped (recomputed without the selection)`,
    columns: () => [
      { label: "position", isNumber: true },
      { label: "query", isNumber: false },
      ...["keys before it", "kept", "dropped mass", "mean of heads"].map((label) => ({
        label,
        isNumber: true,
      })),
    ],
    nRows: () => tokenTexts.length,
    row: (query) => {
      const { mass } = at();
      const number = (values: Float32Array | undefined): string =>
        values === undefined ? "…" : exactF32(values[query] ?? Number.NaN);
      return [
        String(query),
        visibleToken(tokenTexts[query] ?? ""),
        String(query + 1),
        mass === null ? "…" : String(mass.kept[query] ?? 0),
        number(mass?.head),
        number(mass?.mean),
      ];
    },
  });
}
