import type { RunRecord } from "../../engine/trace/schema.ts";
import { type TableColumn, wholeColumn } from "./table.ts";

/** Positions, ids and texts of a run's tokens. */
export function tokenColumns({ tokens }: Pick<RunRecord, "tokens">): TableColumn[] {
  return [
    wholeColumn("position", tokens.length, (t) => t),
    wholeColumn("id", tokens.length, (t) => tokens[t]?.id ?? -1),
    { name: "text", values: tokens.map(({ text }) => text) },
  ];
}
