/** Most rows of one table: eight million numbers with their places are as many as a notebook's process holds with ease. */
const MOST_ROWS = 2 ** 23;

/** Numbers behind a picture, whole and exact. Its columns are equally long. */
export interface Table {
  readonly name: string;
  readonly columns: readonly TableColumn[];
}

export interface TableColumn {
  readonly name: string;
  readonly unit?: string;
  /** Of a plain list null stands where there is no value, and all others are of one type. */
  readonly values: ColumnValues;
}

type ColumnValues =
  | readonly (string | number | boolean | null)[]
  | Float32Array
  | Float64Array
  | Int32Array;

/** A table, or its name with what reads its columns when they are asked for. */
export interface TableSource {
  readonly name: string;
  readonly columns:
    | readonly TableColumn[]
    | (() => readonly TableColumn[] | Promise<readonly TableColumn[]>);
}

/**
 * A source's table, read.
 * @throws Error if its columns are not equally long
 */
export async function readTable({ name, columns }: TableSource): Promise<Table> {
  const read = typeof columns === "function" ? await columns() : columns;
  const table = { name, columns: read };
  for (const column of read)
    if (column.values.length !== rowsOf(table))
      throw new Error(
        `table ${name}: expected ${rowsOf(table)} values of ${column.name}, got ${column.values.length}.`,
      );
  return table;
}

export function rowsOf({ columns }: Table): number {
  return columns[0]?.values.length ?? 0;
}

/**
 * Refuses more rows than a table may have, before they are read.
 * @param fix what to do instead, in a sentence
 */
export function checkRows(what: string, nRows: number, fix: string): void {
  if (nRows > MOST_ROWS)
    throw new Error(`${what}: expected at most ${MOST_ROWS} rows, got ${nRows}. ${fix}`);
}

/** Whole numbers of a column, one for each row. */
export function wholeColumn(name: string, nRows: number, at: (row: number) => number): TableColumn {
  return { name, values: Int32Array.from({ length: nRows }, (_, row) => at(row)) };
}
