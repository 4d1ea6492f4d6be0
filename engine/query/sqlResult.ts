import { toCsv } from "../base/csv.ts";

/** A column of an answer. */
export interface SqlColumn {
  readonly name: string;
  /** As DuckDB names it: "BIGINT", "VARCHAR", "DOUBLE[]". */
  readonly type: string;
}

/** What a statement answers: plain objects, which a notebook shows as a table. */
export class SqlResult {
  readonly columns: readonly SqlColumn[];
  /**
   * Values by the names of columns. Whole numbers of 64 bits and more are numbers where all of a column are exact as such, and else
   * bigints, all of them. Lists are arrays, structs objects, dates and times Dates, null is null.
   */
  readonly rows: readonly Readonly<Record<string, unknown>>[];

  /** They come from `sql`. @param values of each column, one after the other */
  constructor(columns: readonly SqlColumn[], values: readonly (readonly unknown[])[]) {
    this.columns = columns;
    const plain = values.map(withNumbers);
    const length = plain[0]?.length ?? 0;
    this.rows = Array.from({ length }, (_, i) =>
      Object.fromEntries(columns.map(({ name }, at) => [name, plain[at]?.[i] ?? null])),
    );
  }

  /** By this a notebook knows a table. */
  get [Symbol.for("vitrine.table")](): Pick<SqlResult, "columns" | "rows"> {
    return this;
  }

  /** As CSV, with a line of names. */
  toCsv(): string {
    const names = this.columns.map(({ name }) => name);
    return toCsv(names, this.rows);
  }
}

/** Bigints of a column as numbers, where that loses nothing of any of them. */
function withNumbers(values: readonly unknown[]): readonly unknown[] {
  return values.every(isExact) ? values.map(asNumbers) : values;
}

function isExact(value: unknown): boolean {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value));
  return isTree(value) ? Object.values(value).every(isExact) : true;
}

function asNumbers(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(asNumbers);
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, asNumbers(it)]));
}

/** Lists and structs; dates and bytes are values. */
function isTree(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
