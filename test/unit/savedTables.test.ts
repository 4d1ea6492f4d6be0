import assert from "node:assert/strict";
import { test } from "node:test";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { csvOf } from "../../widgets/render/save/csv.ts";
import { parquetOf } from "../../widgets/render/save/parquet.ts";
import {
  checkRows,
  readTable,
  type Table,
  type TableColumn,
  wholeColumn,
} from "../../widgets/render/table.ts";
import fc from "../fixtures/fastCheck.ts";

/** Every f32 and f64 there is; of NaN one. */
const anyF32 = fc.float();
const anyF64 = fc.double();
const tableOf = (...columns: TableColumn[]): Table => ({ name: "numbers", columns });
const same = (got: unknown, wanted: unknown): void =>
  assert.ok(Object.is(got, wanted), `${String(got)} is not ${String(wanted)}`);

/** Fields of a text by RFC 4180: null where nothing stands between two commas. */
function fieldsOf(csv: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
  let row: (string | null)[] = [];
  while (field.lastIndex < csv.length) {
    const at = field.lastIndex;
    const [, text = "", end] = field.exec(csv) ?? assert.fail(`no field at ${at} of ${csv}`);
    row.push(text === "" ? null : text.replace(/^"|"$/g, "").replaceAll('""', '"'));
    if (text === '""') row[row.length - 1] = "";
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

test("CSV quotes what it must, tells nothing from empty, and has units in its header", () => {
  const table = tableOf(
    wholeColumn("token", 3, (row) => row - 1),
    { name: "text", values: ['a "b", c', "", "\r\n"] },
    { name: "time", unit: "ms", values: [1.5, null, 0.1] },
    { name: "cached", values: [true, false, null] },
  );
  assert.equal(
    csvOf(table),
    'token,text,time (ms),cached\r\n-1,"a ""b"", c",1.5,true\r\n0,"",,false\r\n1,"\r\n",0.1,\r\n',
  );
  assert.equal(csvOf(tableOf()), "\r\n");
  assert.equal(csvOf(tableOf({ name: "a,b", values: [] })), '"a,b"\r\n');
});

test("texts come back from CSV as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
      const [, ...rows] = fieldsOf(csvOf(tableOf({ name: "text", values: texts })));
      assert.deepEqual(
        rows.map(([text]) => text),
        texts,
      );
    }),
  );
});

test("numbers come back from CSV with the same bits, f32 from few digits", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyF32, anyF64)), (pairs) => {
      const singles = Float32Array.from(pairs, ([x]) => x);
      const doubles = Float64Array.from(pairs, ([, x]) => x);
      const csv = csvOf(tableOf({ name: "a", values: singles }, { name: "b", values: doubles }));
      const [, ...rows] = fieldsOf(csv);
      rows.forEach(([a, b], i) => {
        same(Math.fround(Number(a)), singles[i]);
        same(Number(b), doubles[i]);
        assert.ok((a?.replace(/^-|\.|e.*$/g, "").replace(/^0+/, "").length ?? 0) <= 22);
      });
    }),
  );
  const few = Float32Array.of(0.1, -0, 1e-20, 123456, 1 / 3);
  assert.equal(
    csvOf(tableOf({ name: "x", values: few })),
    "x\r\n0.1\r\n-0\r\n1e-20\r\n123456\r\n0.33333334\r\n",
  );
});

test("Parquet keeps types, nulls, units and every bit of floats", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyF32, anyF64, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), {
        minLength: 1,
      }),
      async (rows) => {
        const table = tableOf(
          { name: "single", unit: "bits", values: Float32Array.from(rows, ([x]) => x) },
          { name: "double", values: Float64Array.from(rows, ([, x]) => x) },
          { name: "whole", values: Int32Array.from(rows, ([, , x]) => x) },
          { name: "some", values: rows.map(([, x], i) => (i % 3 === 1 ? null : x)) },
          { name: "text", values: rows.map((_, i) => (i % 4 === 2 ? null : `t${i % 5}`)) },
          { name: "flag", values: rows.map((_, i) => i % 2 === 0) },
        );
        const file = (await parquetOf(table)).slice().buffer;
        const read = await parquetReadObjects({ file });
        assert.equal(read.length, rows.length);
        rows.forEach(([single, double, whole], i) => {
          const row = read[i] ?? {};
          same(row.single, single);
          same(row.double, double);
          same(row.whole, whole);
          same(row.some, i % 3 === 1 ? null : double);
          same(row.text, i % 4 === 2 ? null : `t${i % 5}`);
          same(row.flag, i % 2 === 0);
        });
        const { schema, key_value_metadata: notes } = parquetMetadata(file);
        assert.deepEqual(
          schema.slice(1).map(({ type }) => type),
          ["FLOAT", "DOUBLE", "INT32", "DOUBLE", "BYTE_ARRAY", "BOOLEAN"],
        );
        assert.deepEqual(notes, [
          { key: "table", value: "numbers" },
          { key: "units", value: '{"single":"bits"}' },
        ]);
      },
    ),
    { numRuns: 30 },
  );
});

test("a long Parquet table is whole, and zeros keep their signs among repeated numbers", async () => {
  const nRows = 250_000;
  const values = Float32Array.from({ length: nRows }, (_, i) => (i % 2 === 0 ? 0 : -0));
  const file = (await parquetOf(tableOf({ name: "zero", values }))).slice().buffer;
  const rows = await parquetReadObjects({ file });
  assert.equal(rows.length, nRows);
  assert.ok(rows.every(({ zero }, i) => Object.is(zero, values[i])));
});

test("a table of no rows is read back as one", async () => {
  const table = tableOf({ name: "x", values: new Float32Array(0) });
  const file = (await parquetOf(table)).slice().buffer;
  assert.deepEqual(await parquetReadObjects({ file }), []);
  assert.equal(parquetMetadata(file).schema[1]?.type, "FLOAT");
});

test("columns that are no table are refused in a sentence", async () => {
  const [one, two] = [1, 2].map((n) => wholeColumn(`of ${n}`, n, (row) => row));
  await assert.rejects(
    readTable({ name: "odd", columns: async () => [one, two] as TableColumn[] }),
    /table odd: expected 1 values of of 2, got 2/,
  );
  await assert.rejects(
    parquetOf(tableOf({ name: "both", values: [1, "a"] })),
    /expected values of one type in both, got number and string/,
  );
  checkRows("some", 2 ** 23, "Take fewer.");
  assert.throws(
    () => checkRows("some", 2 ** 23 + 1, "Take fewer."),
    /some: expected at most 8388608 rows, got 8388609\. Take fewer\./,
  );
});
