import type { DroppedMassRecord, LengthCostRecord, RunRecord } from "../../engine/trace/schema.ts";
import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import { tokenColumns } from "../render/tokenColumns.ts";
import type { SparseLayer } from "./data.ts";

const SHORTER = "Take a shorter prompt.";

/** Keys that one layer's queries kept, and the scores that they were chosen by. */
export interface KeptKeys {
  readonly layer: number;
  readonly queries: readonly number[];
  readonly keys: readonly number[];
  readonly scores: readonly number[];
}

/** What the tables are read from. */
export interface SparseNumbers {
  readonly record: RunRecord;
  readonly layers: readonly SparseLayer[];
  readonly lengths: LengthCostRecord | null;
  readonly massOf: (layer: number) => Promise<DroppedMassRecord>;
  readonly keptKeysOf: (layer: number) => Promise<KeptKeys>;
}

/** Every layer's kept keys with their scores, and dropped mass by head and query; cost against length; the tokens. */
export function sparseTables(numbers: SparseNumbers): TableSource[] {
  const { record, layers, lengths } = numbers;
  if (layers.length === 0 || lengths === null) return [];
  return [
    { name: "kept keys", columns: () => keptColumns(numbers) },
    { name: "dropped mass", columns: () => massColumns(numbers) },
    { name: "cost by length", columns: lengthColumns(lengths) },
    { name: "tokens", columns: tokenColumns(record) },
  ];
}

async function keptColumns({ record, layers, keptKeysOf }: SparseNumbers): Promise<TableColumn[]> {
  const most = layers.reduce((sum, { topK }) => sum + topK * record.tokens.length, 0);
  checkRows("sparse, table kept keys", most, SHORTER);
  const all: KeptKeys[] = [];
  for (const { layer } of layers) all.push(await keptKeysOf(layer));
  return [
    { name: "layer", values: all.flatMap(({ layer, keys }) => keys.map(() => layer)) },
    { name: "query", values: all.flatMap(({ queries }) => queries) },
    { name: "key", values: all.flatMap(({ keys }) => keys) },
    { name: "index score", values: Float32Array.from(all.flatMap(({ scores }) => scores)) },
  ];
}

async function massColumns({ record, layers, massOf }: SparseNumbers): Promise<TableColumn[]> {
  const nTokens = record.tokens.length;
  const nRows = layers.reduce((sum, { nHeads }) => sum + nHeads * nTokens, 0);
  checkRows("sparse, table dropped mass", nRows, SHORTER);
  const records: DroppedMassRecord[] = [];
  for (const { layer } of layers) records.push(await massOf(layer));
  const rows = records.flatMap((each) => Array.from(each.mass.keys(), (at) => ({ each, at })));
  const whole = (name: string, of: (row: (typeof rows)[number]) => number): TableColumn =>
    wholeColumn(name, rows.length, (i) => of(rows[i] as (typeof rows)[number]));
  return [
    whole("layer", ({ each }) => each.layer),
    whole("head", ({ at }) => Math.floor(at / nTokens)),
    whole("query", ({ at }) => at % nTokens),
    whole("kept keys", ({ each, at }) => each.kept[at % nTokens] ?? 0),
    {
      name: "dropped mass",
      values: Float32Array.from(rows, ({ each, at }) => each.mass[at] ?? Number.NaN),
    },
  ];
}

function lengthColumns({ lengths, denseLengths }: LengthCostRecord): TableColumn[] {
  const rows = [
    ...lengths.map((each) => ({ ...each, form: "sparse" })),
    ...(denseLengths ?? []).map((each) => ({ ...each, form: "dense" })),
  ];
  const column = (name: string, unit: string, of: (row: (typeof rows)[number]) => number) => ({
    ...{ name, unit },
    values: Float64Array.from(rows, of),
  });
  return [
    { name: "attention", values: rows.map(({ form }) => form) },
    wholeColumn("context", rows.length, (i) => rows[i]?.context ?? 0),
    column("flops", "FLOP", ({ flops }) => flops),
    column("attention flops", "FLOP", ({ attentionFlops }) => attentionFlops),
    column("weight bytes", "B", ({ weightBytes }) => weightBytes),
    column("cache bytes read", "B", ({ kvReadBytes }) => kvReadBytes),
  ];
}
