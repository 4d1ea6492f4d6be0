import type { TableSchema } from "../record/table.ts";
import { HEAD_METRICS } from "../trace/schema.ts";
import type { Finished } from "./askModel.ts";
import type { PlainTable, TableRow } from "./sampleTable.ts";

const OF_SAMPLE = { sample: "text", epoch: "i32", edits: "text", thinking: "text" } as const;

/** Columns behind those that name the sample. */
const SCHEMAS: Readonly<Record<string, TableSchema>> = {
  routes: { layer: "i32", token: "i32", slot: "i32", expert: "i32", weight: "f64" },
  drafts: {
    token: "i32",
    verdict: "text",
    draft_id: "i32",
    draft_probability: "f64",
    model_probability: "f64",
  },
  head_metrics: {
    layer: "i32",
    head: "i32",
    ...Object.fromEntries(HEAD_METRICS.map((metric) => [metric, "f64" as const])),
  },
  sites: { site: "text", token: "i32", place: "i32", value: "f64" },
};

/** What was captured, all samples in one table of each kind. */
export function captureTables(finished: readonly Finished[]): Record<string, PlainTable> {
  const names = Object.keys(finished[0]?.captures ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        schema: { ...OF_SAMPLE, ...SCHEMAS[name] },
        rows: finished.flatMap((it) => rowsOf(name, it)),
      },
    ]),
  );
}

function rowsOf(name: string, { row, captures }: Finished): TableRow[] {
  const columns = captures[name] ?? {};
  const { sample, epoch, edits, thinking } = row;
  const [first = []] = Object.values(columns);
  return first.map((_, i) => ({
    ...{ sample, epoch, edits, thinking },
    ...Object.fromEntries(
      Object.entries(columns).map(([column, values]) => [column, values[i] ?? null]),
    ),
  }));
}
