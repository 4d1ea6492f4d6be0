import type { PlainTable } from "./sampleTable.ts";

const PARQUET = { i32: "INT32", f64: "DOUBLE", text: "STRING", flag: "BOOLEAN" } as const;

/** A table as a Parquet file: the same rows, the same bytes. Floats keep their bits. */
export async function encodeParquet(
  name: string,
  { schema, rows }: PlainTable,
): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer"); // nobody waits for it who does not need it
  const columnData = Object.entries(schema).map(([column, type]) => ({
    name: column,
    type: PARQUET[type],
    nullable: true,
    data: rows.map((row) => row[column] ?? null),
    ...(type === "f64" && { encoding: "PLAIN" as const }), // a dictionary would take -0 for 0
  }));
  const kvMetadata = [{ key: "table", value: name }];
  return new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata, createdBy: "vitrine" }));
}

/** The rows of a Parquet file; whole numbers of 64 bits become numbers where these are exact. */
export async function decodeParquet(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const { parquetReadObjects } = await import("hyparquet");
  const { buffer, byteOffset, byteLength } = bytes;
  const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
  );
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return Array.isArray(value) ? value.map(plain) : value;
}
