import type { RunRecord } from "../../engine/trace/schema.ts";
import type { TableColumn, TableSource } from "../render/table.ts";
import { tokenColumns } from "../render/tokenColumns.ts";
import type { Distributions } from "./logitSource.ts";
import {
  ASKED,
  type AskedKey,
  type ColourKey,
  GIVEN,
  KIND_NAMES,
  kindOf,
  MEASURES,
  type MeasureKey,
} from "./measures.ts";

interface Source {
  readonly record: RunRecord;
  /** (GIVEN, T) f64. */
  readonly given: Float64Array;
  /** Why a number cannot be had. */
  readonly missing: Readonly<Partial<Record<ColourKey, string>>>;
  /** (T) */
  column(key: AskedKey): Promise<Float64Array>;
  /** Null where no logits can be had. */
  readonly distributions: (() => Promise<Distributions>) | null;
  textOf(id: number): string;
}

/** Tokens with every number that can be had of them; what the model held likeliest at their places. */
export function tokensTables(source: Source): TableSource[] {
  const { distributions } = source;
  return [
    { name: "tokens", columns: () => measureColumns(source) },
    ...(distributions === null
      ? []
      : [
          {
            name: "alternatives",
            columns: async () => alternativeColumns(source, await distributions()),
          },
        ]),
  ];
}

/** NaN where a token has no such number. */
async function measureColumns({ record, given, missing, column }: Source): Promise<TableColumn[]> {
  const { tokens } = record;
  const columns: TableColumn[] = [
    ...tokenColumns(record),
    { name: "part", values: tokens.map((token) => KIND_NAMES.part[kindOf(token, "part")] ?? null) },
    {
      name: "draft",
      values: tokens.map((token) => KIND_NAMES.draft[kindOf(token, "draft")] ?? null),
    },
    { name: "tool call", values: tokens.map(({ toolCall }) => toolCall ?? null) },
    { name: "draft id", values: tokens.map(({ draft }) => draft?.draftId ?? null) },
  ];
  GIVEN.forEach((key, row) => {
    if (missing[key] === undefined)
      columns.push(measureColumn(key, given.slice(row * tokens.length, (row + 1) * tokens.length)));
  });
  for (const key of ASKED)
    if (missing[key] === undefined) columns.push(measureColumn(key, await column(key)));
  return columns;
}

function measureColumn(key: MeasureKey, values: Float64Array): TableColumn {
  const { label: name, unit } = MEASURES[key];
  return { name, values, ...(unit !== "" && { unit }) };
}

function alternativeColumns({ textOf }: Source, { tokens }: Distributions): TableColumn[] {
  const rows = tokens.flatMap((token, position) =>
    (token?.ids ?? []).map((id, i) => ({ position, rank: i + 1, id, logprob: token?.logprobs[i] })),
  );
  return [
    { name: "position", values: Int32Array.from(rows, ({ position }) => position) },
    { name: "rank", values: Int32Array.from(rows, ({ rank }) => rank) },
    { name: "id", values: Int32Array.from(rows, ({ id }) => id) },
    { name: "text", values: rows.map(({ id }) => textOf(id)) },
    {
      name: "log probability",
      unit: "nats",
      values: Float64Array.from(rows, ({ logprob }) => logprob ?? Number.NaN),
    },
  ];
}
