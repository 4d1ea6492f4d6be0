import type { RunRecord } from "../../engine/trace/schema.ts";
import type { RunSource } from "../render/runSource.ts";
import { checkRows, type TableColumn, type TableSource, wholeColumn } from "../render/table.ts";
import { tokenColumns } from "../render/tokenColumns.ts";
import { METRICS, type Metric } from "./data.ts";

const UNITS: Readonly<Partial<Record<Metric, string>>> = { entropy: "bits" };

interface Source extends Pick<RunSource, "record" | "attentionTile"> {
  /** (layers, the most heads of a layer, METRICS) f32. */
  metrics(): Promise<Float32Array>;
  /** Queries that they are means over. */
  readonly nMeasured: number;
}

/** Tokens; what each head does on average; every weight of every head that a query may see. */
export function attentionTables(source: Source): TableSource[] {
  return [
    { name: "weights", columns: () => weightColumns(source) },
    { name: "heads", columns: () => headColumns(source) },
    { name: "tokens", columns: tokenColumns(source.record) },
  ];
}

async function headColumns({ record, metrics, nMeasured }: Source): Promise<TableColumn[]> {
  const { nHeads } = record.model;
  const heads = headsOf(record);
  const means = await metrics();
  return [
    wholeColumn("layer", heads.length, (i) => heads[i]?.layer ?? -1),
    wholeColumn("head", heads.length, (i) => heads[i]?.head ?? -1),
    wholeColumn("queries", heads.length, () => nMeasured),
    ...METRICS.map((name, m): TableColumn => {
      const unit = UNITS[name];
      const values = Float32Array.from(
        heads,
        ({ layer, head }) => means[(layer * nHeads + head) * METRICS.length + m] ?? Number.NaN,
      );
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
