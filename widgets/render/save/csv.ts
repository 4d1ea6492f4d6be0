import { rowsOf, type Table, type TableColumn } from "../table.ts";

/** V8 has no longer strings. */
const MOST_CHARACTERS = 2 ** 29 - 2 ** 16;
/** Rows that are joined at once. */
const BLOCK_ROWS = 2 ** 14;

/**
 * A table as text: a header with the units in brackets, then a line for each row, each ended by CR LF. Numbers have the digits that
 * give the same number back, f32 those that give the same f32; beside them stand NaN, Infinity and -Infinity. A null is an empty
 * field, an empty text a quoted one.
 * @see https://www.rfc-editor.org/rfc/rfc4180
 * @throws Error past 512 MiB
 */
export function csvOf(table: Table): string {
  const fields = table.columns.map(fieldOf);
  const nRows = rowsOf(table);
  let text = `${table.columns.map(({ name, unit }) => quoted(unit === undefined ? name : `${name} (${unit})`)).join(",")}\r\n`;
  for (let start = 0; start < nRows; start += BLOCK_ROWS) {
    const lines: string[] = [];
    for (let row = start; row < Math.min(nRows, start + BLOCK_ROWS); row++)
      lines.push(`${fields.map((field) => field(row)).join(",")}\r\n`);
    const block = lines.join("");
    if (text.length + block.length > MOST_CHARACTERS)
      throw new Error(
        `table ${table.name}: expected at most ${MOST_CHARACTERS} characters of CSV, got more. Save it as Parquet.`,
      );
    text += block;
  }
  return text;
}

function fieldOf({ values }: TableColumn): (row: number) => string {
  if (values instanceof Float32Array) return (row) => f32Text(values[row] ?? Number.NaN);
  if (ArrayBuffer.isView(values)) return (row) => f64Text(values[row] ?? Number.NaN);
  return (row) => {
    const value = values[row];
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return f64Text(value);
    return typeof value === "boolean" ? String(value) : quoted(value);
  };
}

function quoted(text: string): string {
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** String() forgets the sign of zero. */
const f64Text = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** Six digits survive a round trip of a decimal, nine one of an f32. */
function f32Text(value: number): string {
  if (value === 0) return f64Text(value);
  for (let digits = 6; digits < 9; digits++) {
    const near = Number(value.toPrecision(digits));
    if (Math.fround(near) === value) return f64Text(near);
  }
  return f64Text(Number(value.toPrecision(9)));
}
