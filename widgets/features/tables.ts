import type { RunRecord } from "../../engine/trace/schema.ts";
import type { TableSource } from "../render/table.ts";
import { tokenColumns } from "../render/tokenColumns.ts";
import { type FeatureRows, rowOf } from "./data.ts";

/** Tokens with a column for each feature. */
export function featureTables(
  record: Pick<RunRecord, "tokens">,
  rows: FeatureRows,
): readonly TableSource[] {
  return [
    {
      name: "features",
      columns: () => [
        ...tokenColumns(record),
        ...rows.names.map((name, row) => {
          const unit = rows.units[row] ?? "";
          return { name, ...(unit === "" ? {} : { unit }), values: rowOf(rows, row).slice() };
        }),
      ],
    },
  ];
}
