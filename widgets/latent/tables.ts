import type { RunRecord } from "../../engine/trace/schema.ts";
import { cacheRows } from "../cost/cache/data.ts";
import { checkRows, type TableColumn, type TableSource } from "../render/table.ts";
import { tokenColumns } from "../render/tokenColumns.ts";
import { type CacheBytes, type CacheLayer, type MatrixPlace, PARTS, type Part } from "./data.ts";

interface Source {
  readonly record: Pick<RunRecord, "tokens">;
  readonly layers: readonly CacheLayer[];
  readonly bytes: CacheBytes;
  /** (T, columns) */
  numbers(place: MatrixPlace): Promise<Float32Array>;
}

/** Every number of each part that a layer has, and the bytes by form of attention where they are known. */
export function latentTables(source: Source): TableSource[] {
  const { record, layers, bytes } = source;
  const parts = PARTS.filter((part) => layers.some((layer) => partIn(layer, part) !== undefined));
  return [
    ...parts.map((part) => ({ name: part, columns: () => partColumns(source, part) })),
    ...("refusal" in bytes ? [] : [{ name: "bytes", columns: byteColumns(bytes) }]),
    { name: "tokens", columns: tokenColumns(record) },
  ];
}

const partIn = ({ parts }: CacheLayer, part: Part) => parts.find((each) => each.part === part);

async function partColumns(
  { record, layers, numbers }: Source,
  part: Part,
): Promise<TableColumn[]> {
  const nTokens = record.tokens.length;
  const matrices = layers.flatMap((each, layer) => {
    const found = partIn(each, part);
    if (found === undefined) return [];
    const { nHeads, nColumns } = found;
    return Array.from({ length: Math.max(1, nHeads) }, (_, head) => ({ layer, head, nColumns }));
  });
  const nRows = matrices.reduce((sum, { nColumns }) => sum + nTokens * nColumns, 0);
  checkRows(
    `latent, table ${part}`,
    nRows,
    "Take a shorter prompt, or read single sites by run.get.",
  );
  const inLayers = new Int32Array(nRows);
  const inHeads = new Int32Array(nRows);
  const ofTokens = new Int32Array(nRows);
  const inColumns = new Int32Array(nRows);
  const values = new Float32Array(nRows);
  let row = 0;
  for (const { layer, head, nColumns } of matrices) {
    const end = row + nTokens * nColumns;
    inLayers.fill(layer, row, end);
    inHeads.fill(head, row, end);
    values.set((await numbers({ layer, part, head })).subarray(0, end - row), row);
    for (let i = 0; row + i < end; i++) {
      ofTokens[row + i] = Math.floor(i / nColumns);
      inColumns[row + i] = i % nColumns;
    }
    row = end;
  }
  return [
    { name: "layer", values: inLayers },
    ...(part === "latent" ? [] : [{ name: "head", values: inHeads }]),
    { name: "token", values: ofTokens },
    { name: "column", values: inColumns },
    { name: "number", values },
  ];
}

function byteColumns(bytes: Exclude<CacheBytes, { refusal: string }>): TableColumn[] {
  const rows = cacheRows(bytes);
  return [
    { name: "form", values: rows.map(({ name }) => name) },
    {
      name: "bytes a token",
      unit: "B",
      values: Float64Array.from(rows, ({ bytesPerToken }) => bytesPerToken),
    },
    { name: "the model's own", values: rows.map(({ isOwn }) => isOwn) },
  ];
}
