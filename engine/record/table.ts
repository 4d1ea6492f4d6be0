/** What a column holds; null may stand in the place of any value. i32: whole numbers of 32 bits. */
export type ColumnType = "i32" | "f64" | "text" | "flag";

/** The columns of a table, by their names in snake_case, in their order. */
export type TableSchema = Readonly<Record<string, ColumnType>>;

interface Values {
  readonly i32: number;
  readonly f64: number;
  readonly text: string;
  readonly flag: boolean;
}

/** A row of a table. */
export type RowOf<Schema extends TableSchema> = {
  readonly [Name in keyof Schema]: Values[Schema[Name]] | null;
};
