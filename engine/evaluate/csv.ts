import type { PlainTable } from "./sampleTable.ts";

/** A table as RFC 4180 has it, with a line of names; nothing stands for null, and "" for an empty text. */
export function toCsv({ schema, rows }: PlainTable): string {
  const names = Object.keys(schema);
  const lines = [names, ...rows.map((row) => names.map((name) => row[name] ?? null))];
  return lines.map((line) => `${line.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number | boolean | null): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  return value === "" || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Rows of fields, as RFC 4180 writes them; line ends of one character are read too. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const part = /("(?:[^"]|"")*"|(?!")[^,\r\n]*)(,|\r\n|\n|\r|$)/y;
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  while (part.lastIndex < source.length) {
    const at = part.lastIndex;
    const match = part.exec(source);
    if (match === null) throw new RangeError(`a quote that is not closed, at ${at}`);
    const [, written = "", end = ""] = match;
    row.push(written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written);
    if (end !== ",") {
      rows.push(row);
      row = [];
    } else if (part.lastIndex === source.length) row.push("");
  }
  if (row.length > 0) rows.push(row);
  return rows;
}
