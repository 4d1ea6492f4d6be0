import assert from "node:assert/strict";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { importDuckDB } from "../../engine/query/duckdb.node.ts";
import { sql } from "../../engine/query/sql.node.ts";
import { SqlResult } from "../../engine/query/sqlResult.ts";
import { encodeTable } from "../../engine/record/table.node.ts";
import { toMimeBundle } from "../../kernel/display/bundle.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const record = fileURLToPath(new URL("../fixtures/records/run-v1", import.meta.url));
const SUMS = { sample: "text", tokens: "i32", score: "f64" } as const;

async function sums(folder: string, scores: readonly (number | null)[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  const rows = scores.map((score, i) => ({ sample: `s${i}`, tokens: 10 + i, score }));
  await writeFile(join(folder, "sums.parquet"), await encodeTable("sums", SUMS, rows));
  return folder;
}

const refused = (folder: string, statement: string, message: RegExp) =>
  assert.rejects(sql(folder, statement), { name: "InputError", code: "ERR_SQL", message });

describe("a folder asked in SQL", () => {
  it("has its Parquet files as tables, joined by what they share", async () => {
    const { columns, rows } = await sql(
      record,
      "select phase, count(*) as n, min(position) as first from tokens group by phase order by first",
    );
    assert.deepEqual(
      columns.map(({ name, type }) => [name, type]),
      [
        ["phase", "VARCHAR"],
        ["n", "BIGINT"],
        ["first", "INTEGER"],
      ],
    );
    assert.equal(rows[0]?.phase, "prompt");
    assert.equal(typeof rows[0]?.n, "number");
    const joined = await sql(record, "select * from tokens join costs using (position) limit 2");
    assert.equal(joined.rows.length, 2);
  });

  it("puts those of several records into one table, each with its folder's name", async (t) => {
    const root = await temporaryFolder(t);
    await sums(join(root, "a"), [1, null]);
    await sums(join(root, "b'c"), [-0]);
    await sums(join(root, "torn.123.tmp"), [5]);
    const { rows } = await sql(root, "from sums order by record, sample");
    assert.deepEqual(rows, [
      { record: "a", sample: "s0", tokens: 10, score: 1 },
      { record: "a", sample: "s1", tokens: 11, score: null },
      { record: "b'c", sample: "s0", tokens: 10, score: -0 },
    ]);
  });

  it("reads no values from the names of folders", async (t) => {
    const root = await temporaryFolder(t);
    const folder = await sums(join(root, "tokens=99"), [1]);
    const rows = [{ sample: "s0", tokens: 10, score: 1 }];
    assert.deepEqual((await sql(folder, "from sums")).rows, rows);
    assert.deepEqual((await sql(root, "from sums")).rows, [{ record: "tokens=99", ...rows[0] }]);
  });

  it("has whole numbers as numbers where all of a column are exact, and says the type", async (t) => {
    const folder = await sums(await temporaryFolder(t), [1]);
    const { rows, columns } = await sql(
      folder,
      "select x::bigint as small, x::bigint + 9007199254740991 as large, [x::bigint] as list from (values (0), (1)) it(x)",
    );
    assert.deepEqual(rows, [
      { small: 0, large: 9007199254740991n, list: [0] },
      { small: 1, large: 9007199254740992n, list: [1] },
    ]);
    assert.deepEqual(
      columns.map(({ type }) => type),
      ["BIGINT", "BIGINT", "BIGINT[]"],
    );
  });

  it("passes on what is wrong with a statement, and what the tables are", async (t) => {
    const folder = await sums(await temporaryFolder(t), [1]);
    await refused(folder, "select * from sum", /reads the tables sums, got Catalog Error: .*sum/);
    await refused(folder, "selekt", /Parser Error/);
    await refused(folder, "select score + 'a' from sums", /Conversion Error/);
    await refused(folder, "select 1; select 2", /expected one statement .*, got 2/);
    await refused(folder, " ", /got nothing/);
  });

  it("neither writes nor sees anything else", async (t) => {
    const root = await temporaryFolder(t);
    const folder = await sums(join(root, "own"), [1]);
    const other = await sums(join(root, "other"), [2]);
    await refused(folder, "create table a as from sums", /got CREATE/);
    await refused(folder, `copy sums to '${join(folder, "a.csv")}'`, /got COPY/);
    await refused(folder, "set threads = 1", /got SET/);
    const path = join(other, "sums.parquet");
    await refused(folder, `from read_parquet('${path}')`, /Permission Error/);
    assert.equal((await sql(folder, "explain from sums")).rows.length, 1);
  });

  it("names a folder that has no tables, and a file that is none", async (t) => {
    const root = await temporaryFolder(t);
    await refused(root, "select 1", /with nothing in it/);
    await refused(join(root, "none"), "select 1", /a folder that can be read/);
    await cp(join(record, "manifest.json"), join(root, "manifest.json"));
    await refused(root, "select 1", /with manifest\.json in it/);
    await writeFile(join(root, "bad.parquet"), "PAR1 no PAR1");
    await refused(root, "select 1", /^sql bad: expected Parquet files, got .*bad\.parquet: /);
  });

  it("ends when it is told to", async (t) => {
    const folder = await sums(await temporaryFolder(t), [1]);
    const endless = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b";
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await assert.rejects(sql(folder, endless, { signal: controller.signal }), {
      code: "ERR_ABORTED",
    });
    await assert.rejects(sql(folder, endless, { signal: AbortSignal.abort() }), {
      code: "ERR_ABORTED",
    });
  });

  it("says what to install where DuckDB is not there", async () => {
    const load = () => import("@duckdb/of-another-name" as "@duckdb/node-api");
    await assert.rejects(importDuckDB(load), {
      code: "ERR_SQL",
      message: /beside vitrine, got none\. Run "npm install @duckdb\/node-api"/,
    });
  });
});

describe("an answer", () => {
  const answer = new SqlResult(
    [
      { name: "name", type: "VARCHAR" },
      { name: "of", type: "BIGINT[]" },
      { name: "at", type: "TIMESTAMP" },
    ],
    [
      ['a "b"', null],
      [[1n, 2n], []],
      [new Date(0), null],
    ],
  );

  it("is a table in a cell, also where it has no rows", async () => {
    const html = String((await toMimeBundle(answer))["text/html"]);
    assert.match(html, /<th[^>]*>name<\/th><th[^>]*>of<\/th><th[^>]*>at<\/th>/);
    assert.match(html, /a &quot;b&quot;/);
    const none = await toMimeBundle(new SqlResult(answer.columns, [[], [], []]));
    assert.match(String(none["text/html"]), /<th[^>]*>at<\/th>.*<tbody><\/tbody>/);
  });

  it("is CSV", () => {
    assert.equal(
      answer.toCsv(),
      'name,of,at\r\n"a ""b""","[1,2]",1970-01-01T00:00:00.000Z\r\n,[],\r\n',
    );
  });
});
