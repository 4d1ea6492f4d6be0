import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { AbortedError, InputError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import { importDuckDB } from "./duckdb.node.ts";
import { type ParquetFolder, parquetTables } from "./parquetTables.node.ts";
import { SqlResult } from "./sqlResult.ts";

export interface SqlOptions {
  /** Ends the statement. A notebook's interrupt does so too. */
  readonly signal?: AbortSignal;
}

const SQL_OPTIONS: OptionNames<SqlOptions> = { signal: true };

/** How often a statement is told to end, since one that is about to begin does not hear it. */
const INTERRUPT_MS = 20;

type DuckDB = Awaited<ReturnType<typeof importDuckDB>>;
type Connection = Awaited<
  ReturnType<Awaited<ReturnType<DuckDB["DuckDBInstance"]["create"]>>["connect"]>
>;

/**
 * Asks the tables of a folder in SQL, as DuckDB has it: each Parquet file is a view by its name. Of a folder that holds several records
 * or evaluations, files of the same name are one view, with a column `record` that has the folder's name. The statement is one that
 * reads; it sees nothing but these files, and all rows of its answer come into memory. The package @duckdb/node-api has to be installed.
 * @throws InputError ERR_SQL for the package, the folder and the statement, ERR_OPTION; AbortedError ERR_ABORTED
 */
export async function sql(
  folder: string,
  statement: string,
  options: SqlOptions = {},
): Promise<SqlResult> {
  checkOptions("sql", options, SQL_OPTIONS);
  checkSignals("sql", options);
  if (typeof statement !== "string")
    throw new InputError(
      "ERR_OPTION",
      `sql: expected a statement as text, got ${typeof statement}. Write "select * from samples".`,
    );
  const signal = withHostSignal(options.signal);
  const found = await parquetTables(folder);
  const duckdb = await importDuckDB();
  const instance = await duckdb.DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const release = interruptedBy(signal, connection);
  try {
    await openTables(connection, found);
    return await answer(duckdb, connection, found, statement);
  } catch (error) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    throw error;
  } finally {
    release();
    connection.closeSync();
    instance.closeSync();
  }
}

function interruptedBy(signal: AbortSignal | undefined, connection: Connection): () => void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const interrupt = () => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), INTERRUPT_MS);
  };
  if (signal?.aborted) interrupt();
  else signal?.addEventListener("abort", interrupt, { once: true });
  return () => {
    signal?.removeEventListener("abort", interrupt);
    clearInterval(timer);
  };
}

/** Makes views of the files, and shuts everything else out. */
async function openTables(
  connection: Connection,
  { folder, tables, isOfRecords }: ParquetFolder,
): Promise<void> {
  await connection.run(`set allowed_directories = [${text(folder)}]`);
  await connection.run("set enable_external_access = false");
  await connection.run("set lock_configuration = true");
  for (const { name, paths } of tables) {
    // A folder named epoch=3 is no value of a column, which Hive would have it be.
    const files = `[${paths.map(text).join(", ")}], hive_partitioning = false`;
    const rows = isOfRecords
      ? `select parse_path(filename)[-2] as record, * exclude (filename) from read_parquet(${files}, filename = true, union_by_name = true)`
      : `select * from read_parquet(${files})`;
    await connection.run(`create view ${quoted(name)} as ${rows}`).catch((cause: Error) => {
      throw new InputError(
        "ERR_SQL",
        `sql ${name}: expected Parquet files, got ${paths.join(", ")}: ${cause.message}. Write them again, or move them away.`,
        { cause },
      );
    });
  }
}

async function answer(
  { StatementType }: DuckDB,
  connection: Connection,
  { tables }: ParquetFolder,
  statement: string,
): Promise<SqlResult> {
  const refuse = (got: string, cause?: unknown): InputError =>
    new InputError(
      "ERR_SQL",
      `sql: expected one statement that reads the tables ${tables.map(({ name }) => name).join(", ")}, got ${got}. Correct the statement.`,
      { cause },
    );
  const failed = (cause: Error): never => {
    throw refuse(cause.message.trim().replace(/\.$/, ""), cause);
  };
  if (statement.trim() === "") throw refuse("nothing");
  const statements = await connection.extractStatements(statement).catch(failed);
  if (statements.count !== 1) throw refuse(`${statements.count}`);
  const prepared = await statements.prepare(0).catch(failed);
  const reads = [StatementType.SELECT, StatementType.EXPLAIN];
  if (!reads.includes(prepared.statementType))
    throw refuse(StatementType[prepared.statementType] ?? "another kind");
  const reader = await prepared.runAndReadAll().catch(failed);
  const types = reader.columnTypes();
  return new SqlResult(
    reader.deduplicatedColumnNames().map((name, i) => ({ name, type: String(types[i]) })),
    reader.getColumnsJS(),
  );
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
