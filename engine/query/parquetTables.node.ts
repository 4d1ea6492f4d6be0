import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { InputError } from "../base/errors.ts";

/** A table of a folder: the files that it is made of. */
interface ParquetTable {
  readonly name: string;
  readonly paths: readonly string[];
}

/** What of a folder can be asked. */
export interface ParquetFolder {
  readonly folder: string;
  /** By name. */
  readonly tables: readonly ParquetTable[];
  /** Whether the tables are those of the folders in it, one record each. */
  readonly isOfRecords: boolean;
}

const ENDING = ".parquet";

/**
 * The tables of a folder, by the names of its Parquet files. Where it has none, those of the folders in it: files of the same name are
 * then one table.
 * @throws InputError ERR_SQL where the folder cannot be read, or there are none
 */
export async function parquetTables(folder: string): Promise<ParquetFolder> {
  const root = resolve(folder);
  const entries = await entriesOf(root);
  const own = namesOf(entries.filter((entry) => !entry.isDirectory()));
  if (own.length > 0) {
    const tables = own.map((name) => ({ name, paths: [join(root, `${name}${ENDING}`)] }));
    return { folder: root, tables, isOfRecords: false };
  }
  const paths = new Map<string, string[]>();
  for (const entry of entries.filter(isWhole).sort(byName)) {
    const inside = join(root, entry.name);
    for (const name of namesOf(await entriesOf(inside)))
      paths.set(name, [...(paths.get(name) ?? []), join(inside, `${name}${ENDING}`)]);
  }
  const tables = [...paths].map(([name, found]) => ({ name, paths: found }));
  if (tables.length > 0) return { folder: root, tables, isOfRecords: true };
  throw new InputError(
    "ERR_SQL",
    `sql: expected a folder with Parquet files, or of such folders, got ${basename(root)} with ${entries.length === 0 ? "nothing" : entries.map(({ name }) => name).join(", ")} in it. Name the folder of a record or of an evaluation.`,
  );
}

interface Entry {
  readonly name: string;
  isDirectory(): boolean;
}

async function entriesOf(folder: string): Promise<readonly Entry[]> {
  return readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    throw new InputError(
      "ERR_SQL",
      `sql: expected a folder that can be read, got ${folder} (${cause.message}). Name the folder of a record or of an evaluation.`,
      { cause },
    );
  });
}

/** A save that was killed leaves a folder that ends with .tmp. */
function isWhole(entry: Entry): boolean {
  return entry.isDirectory() && !entry.name.endsWith(".tmp");
}

function namesOf(entries: readonly Entry[]): string[] {
  const files = entries.filter(({ name }) => name.endsWith(ENDING) && name.length > ENDING.length);
  return files.map(({ name }) => name.slice(0, -ENDING.length)).sort();
}

function byName(a: Entry, b: Entry): number {
  return a.name < b.name ? -1 : 1;
}
