import type { Table, TableColumn } from "../table.ts";

/**
 * A table as a Parquet file: f32 as FLOAT, f64 as DOUBLE, i32 as INT32, lists as STRING, BOOLEAN or DOUBLE with nulls. Floats keep their
 * bits. The file's metadata has the units of columns as JSON under `units`.
 * @throws Error if a list has values of several types
 */
export async function parquetOf({ name, columns }: Table): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer"); // nobody waits for it who does not need it
  const units = columns.flatMap(({ name: column, unit }) =>
    unit === undefined ? [] : [[column, unit]],
  );
  const buffer = parquetWriteBuffer({
    columnData: columns.map((column) => columnOf(name, column)),
    kvMetadata: [
      { key: "table", value: name },
      { key: "units", value: JSON.stringify(Object.fromEntries(units)) },
    ],
    createdBy: "vitrine",
  });
  return new Uint8Array(buffer);
}

function columnOf(table: string, { name, values }: TableColumn) {
  // A dictionary would take -0 for 0.
  const plain = { name, encoding: "PLAIN" } as const;
  if (values instanceof Float32Array)
    return { ...plain, type: "FLOAT" as const, nullable: false, data: values };
  if (values instanceof Float64Array)
    return { ...plain, type: "DOUBLE" as const, nullable: false, data: values };
  if (values instanceof Int32Array)
    return { name, type: "INT32" as const, nullable: false, data: values };
  const types = [...new Set(values.filter((value) => value !== null).map((value) => typeof value))];
  if (types.length > 1)
    throw new Error(
      `table ${table}: expected values of one type in ${name}, got ${types.join(" and ")}.`,
    );
  const data = [...values];
  if (types[0] === "number") return { ...plain, type: "DOUBLE" as const, data };
  return { name, type: types[0] === "boolean" ? ("BOOLEAN" as const) : ("STRING" as const), data };
}
