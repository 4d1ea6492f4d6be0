import { inspect } from "node:util";
import { escapeHtml } from "./escapeHtml.ts";
import { isListOf } from "./isListOf.ts";

const MAX_ROWS = 50;
const MAX_COLUMNS = 30;
const MAX_CELL_LENGTH = 200;

/** What has such a property is shown as the table that it gives: rows, and the names of their columns. */
const TABLE = Symbol.for("vitrine.table");

type Row = Readonly<Record<string, unknown>>;

/** Rows, with the names of their columns where these are said beside them. */
export interface RowTable {
  readonly rows: readonly Row[];
  readonly columns?: readonly { readonly name: string }[];
}

/** What is worth a table: a list of plain objects, each with at least one key, or what says that it is one. */
export function tableOf(value: unknown): RowTable | null {
  if (isListOf(value, isRow)) return value.length > 0 ? { rows: value } : null;
  if (typeof value !== "object" || value === null) return null;
  const said = (value as { readonly [TABLE]?: Partial<RowTable> })[TABLE];
  const { columns, rows } = said ?? {};
  return Array.isArray(columns) && isListOf(rows, isRow) ? { columns, rows } : null;
}

/** The first 50 rows and 30 columns as an HTML table, with a line that says what was left out. */
export function tableHtml({ rows, columns: named }: RowTable): string {
  const shown = rows.slice(0, MAX_ROWS);
  const found = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const keys = named?.map(({ name }) => name) ?? found;
  const columns = keys.slice(0, MAX_COLUMNS);
  const numeric = new Set(
    columns.filter((key) =>
      shown.every((row) => row[key] === undefined || /number|bigint/.test(typeof row[key])),
    ),
  );
  const style = (key: string): string =>
    ` style="text-align:${numeric.has(key) ? "right" : "left"}"`;
  const head = columns.map((key) => `<th${style(key)}>${escapeHtml(key)}</th>`).join("");
  const body = shown.map((row, index) => {
    const cells = columns.map((key) => `<td${style(key)}>${escapeHtml(cellText(row[key]))}</td>`);
    return `<tr><th>${index}</th>${cells.join("")}</tr>`;
  });
  const left = [
    ...(rows.length > MAX_ROWS ? [`${rows.length - MAX_ROWS} more rows`] : []),
    ...(keys.length > MAX_COLUMNS ? [`${keys.length - MAX_COLUMNS} more columns`] : []),
  ];
  const note = left.length > 0 ? `<p>… ${left.join(", ")}</p>` : "";
  return `<table><thead><tr><td></td>${head}</tr></thead><tbody>${body.join("")}</tbody></table>${note}`;
}

function cellText(value: unknown): string {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : inspect(value, { depth: 1, breakLength: 1000 });
  return text.length > MAX_CELL_LENGTH ? `${text.slice(0, MAX_CELL_LENGTH)}…` : text;
}

function isRow(value: unknown): value is Row {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  return isPlain && Object.keys(value).length > 0;
}
