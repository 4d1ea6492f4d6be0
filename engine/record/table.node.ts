import { checkParquet } from "./checkParquet.ts";
import { malformed, shown } from "./recordErrors.ts";
import type { ColumnType, RowOf, TableSchema } from "./table.ts";

const PARQUET = { i32: "INT32", f64: "DOUBLE", text: "STRING", flag: "BOOLEAN" } as const;

const HOLDS: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  i32: (value) => typeof value === "number" && (value | 0) === value,
  f64: (value) => typeof value === "number",
  text: (value) => typeof value === "string" && !/\p{Surrogate}/u.test(value),
  flag: (value) => typeof value === "boolean",
};

const EXPECTED = {
  i32: "a whole number of 32 bits",
  f64: "a number",
  text: "a text without lone surrogates",
  flag: "true or false",
} as const;

const DAMAGED = "The record is damaged; save the run again.";

/**
 * Rows as a Parquet file. Floats keep their bits, -0 and NaN among them; a value of another type than its column's is refused.
 * @throws RecordError ERR_RECORD
 */
export async function encodeTable<Schema extends TableSchema>(
  name: string,
  schema: Schema,
  rows: readonly RowOf<Schema>[],
): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const columnData = Object.entries(schema).map(([column, type]) => {
    const data = rows.map((row, i) =>
      checked(`${name}.${column}[${i}]`, type, row[column] ?? null),
    );
    // A dictionary would take -0 for 0.
    const encoding = type === "f64" ? ({ encoding: "PLAIN" } as const) : {};
    return { name: column, type: PARQUET[type], nullable: true, data, ...encoding };
  });
  const kvMetadata = [{ key: "table", value: name }];
  return new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata, createdBy: "vitrine" }));
}

/**
 * The rows that `encodeTable` wrote.
 * @param place the file, for messages
 * @throws RecordError ERR_RECORD where the file is no Parquet, or its columns are others
 */
export async function decodeTable<Schema extends TableSchema>(
  place: string,
  schema: Schema,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<RowOf<Schema>[]> {
  const columns = await columnsOf(place, Object.keys(schema), bytes);
  const [length = 0] = [...columns.values()].map((values) => values.length);
  return Array.from({ length }, (_, i) => {
    const row: Record<string, unknown> = {};
    for (const [column, type] of Object.entries(schema))
      row[column] = checked(`${place}: ${column}[${i}]`, type, columns.get(column)?.[i]);
    return row as RowOf<Schema>;
  });
}

/** Values of columns, one column after the other: of several at once, an error of the second would be heard by nobody. */
async function columnsOf(
  place: string,
  names: readonly string[],
  bytes: Uint8Array<ArrayBuffer>,
): Promise<ReadonlyMap<string, ArrayLike<unknown>>> {
  const { parquetScan, snappyUncompress } = await import("hyparquet"); // nobody waits for it who does not need it
  const { buffer, byteOffset, byteLength } = bytes;
  const file = buffer.slice(byteOffset, byteOffset + byteLength);
  const decompress = (packed: Uint8Array, nBytes: number) => {
    const unpacked = new Uint8Array(nBytes);
    snappyUncompress(packed, unpacked);
    return unpacked;
  };
  try {
    checkParquet(bytes, decompress);
    const { metadata, ranges, readColumn } = await parquetScan({
      ...{ file, useOffsetIndex: false, geoparquet: false },
    });
    const nRows = Number(metadata.num_rows);
    const columns = new Map<string, ArrayLike<unknown>>();
    for (const column of names) {
      const values: unknown[] = [];
      for (const range of ranges)
        for (const value of Array.from(await readColumn({ column, ...range }))) values.push(value);
      if (values.length !== nRows) throw new RangeError(`${values.length} of ${nRows} rows`);
      columns.set(column, values);
    }
    return columns;
  } catch (cause) {
    const got = `bytes that do not read (${cause instanceof Error ? cause.message : String(cause)})`;
    throw malformed(place, { expected: "a Parquet file", got, fix: DAMAGED }, cause);
  }
}

function checked(place: string, type: ColumnType, value: unknown): unknown {
  if (value === null || HOLDS[type](value)) return value;
  throw malformed(place, { expected: EXPECTED[type], got: shown(value), fix: DAMAGED });
}
