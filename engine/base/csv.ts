type Row = Readonly<Record<string, unknown>>;

/** Rows as RFC 4180 has them, with a line of names; nothing stands for null, and "" for an empty text. Lists and objects are JSON. */
export function toCsv(names: readonly string[], rows: Iterable<Row>): string {
  return [...csvLines(names, rows)].join("");
}

/** The lines of `toCsv`, with their ends. */
export function* csvLines(names: readonly string[], rows: Iterable<Row>): Generator<string> {
  yield `${names.map(field).join(",")}\r\n`;
  for (const row of rows) yield `${names.map((name) => field(row[name] ?? null)).join(",")}\r\n`;
}

function field(value: unknown): string {
  if (value === null) return "";
  const text = value instanceof Date ? value.toISOString() : textOf(value);
  return (text === "" && typeof value === "string") || /[",\r\n]/.test(text)
    ? `"${text.replaceAll('"', '""')}"`
    : text;
}

function textOf(value: unknown): string {
  if (typeof value !== "object") return String(value);
  return JSON.stringify(value, (_, it) => (typeof it === "bigint" ? String(it) : it));
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
