import { InputError } from "../base/errors.ts";

/** DuckDB, which whoever asks in SQL installs. @throws InputError ERR_SQL that says how */
export async function importDuckDB(load = () => import("@duckdb/node-api")) {
  try {
    return await load();
  } catch (cause) {
    const isAbsent = /MODULE_NOT_FOUND$/.test((cause as NodeJS.ErrnoException).code ?? "");
    if (!isAbsent) throw cause;
    throw new InputError(
      "ERR_SQL",
      'sql: expected the package @duckdb/node-api beside vitrine, got none. Run "npm install @duckdb/node-api" in the folder where vitrine is installed.',
      { cause },
    );
  }
}
