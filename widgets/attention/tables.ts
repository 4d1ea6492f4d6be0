import type { RunRecord } from "../../engine/trace/schema.ts";
import type { RunSource } from "../render/runSource.ts";
import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import { tokenColumns } from "../render/tokenColumns.ts";
import { METRIC_UNITS, METRICS, metricStep } from "./data.ts";

interface Source extends Pick<RunSource, "record" | "attentionTile"> {
  /** The runs whose heads are measured, the picture's first. */
  readonly runs: readonly MetricsSource[];
}

interface MetricsSource extends Pick<RunSource, "record"> {
  /** (layers, the most heads of a layer, METRICS) f32. */
  metrics(): Promise<Float32Array>;
}

/** Tokens; what each head does on average; every weight of every head that a query may see. */
export function attentionTables(source: Source): TableSource[] {
  return [
    { name: "weights", columns: () => weightColumns(source) },
    { name: "heads", columns: () => headColumns(source) },
    { name: "tokens", columns: tokenColumns(source.record) },
  ];
}

/** A row for each head; of several runs for each run's, which a column counts from 0, the picture's. */
async function headColumns({ record, runs }: Source): Promise<TableColumn[]> {
  const { nLayers, nHeads } = record.model;
  const heads = headsOf(record);
  const nRows = runs.length * heads.length;
  const headAt = (row: number) => heads[row % heads.length] ?? { layer: -1, head: -1 };
  const runAt = (row: number): number => Math.floor(row / heads.length);
  const means = await Promise.all(runs.map(({ metrics }) => metrics()));
  const nMeasured = runs.map(({ record: { tokens } }) =>
    Math.ceil(tokens.length / metricStep(tokens.length, nLayers * nHeads)),
  );
  return [
    ...(runs.length > 1 ? [wholeColumn("run", nRows, runAt)] : []),
    wholeColumn("layer", nRows, (row) => headAt(row).layer),
    wholeColumn("head", nRows, (row) => headAt(row).head),
    wholeColumn("queries", nRows, (row) => nMeasured[runAt(row)] ?? 0),
    ...METRICS.map((name, m): TableColumn => {
      const unit = METRIC_UNITS[name];
      const values = Float32Array.from({ length: nRows }, (_, row) => {
        const { layer, head } = headAt(row);
        return means[runAt(row)]?.[(layer * nHeads + head) * METRICS.length + m] ?? Number.NaN;
      });
      return { name, values, ...(unit !== undefined && { unit }) };
    }),
  ];
}

/** The future of a query, which is masked, has no rows. */
async function weightColumns({ record, attentionTile }: Source): Promise<TableColumn[]> {
  const heads = headsOf(record);
  const nTokens = record.tokens.length;
  const perHead = (nTokens * (nTokens + 1)) / 2;
  const nRows = heads.length * perHead;
  checkRows(
    "attention, table weights",
    nRows,
    "Take a shorter prompt, or read single heads by run.attentionTile.",
  );
  const [layers, ofHeads, queries, keys] = Array.from({ length: 4 }, () => new Int32Array(nRows));
  const weights = new Float32Array(nRows);
  let row = 0;
  for (const { layer, head } of heads) {
    layers?.fill(layer, row, row + perHead);
    ofHeads?.fill(head, row, row + perHead);
    const tile = await attentionTile({ layer, head });
    for (let query = 0; query < nTokens; query++) {
      queries?.fill(query, row, row + query + 1);
      for (let key = 0; key <= query; key++) if (keys) keys[row + key] = key;
      const from = query * nTokens;
      weights.set(tile.weights.subarray(from, from + query + 1), row);
      row += query + 1;
    }
  }
  return [
    { name: "layer", values: layers ?? [] },
    { name: "head", values: ofHeads ?? [] },
    { name: "query", values: queries ?? [] },
    { name: "key", values: keys ?? [] },
    { name: "weight", values: weights },
  ];
}

function headsOf({ model }: RunRecord): { readonly layer: number; readonly head: number }[] {
  return model.headsByLayer.flatMap((count, layer) =>
    Array.from({ length: count }, (_, head) => ({ layer, head })),
  );
}
