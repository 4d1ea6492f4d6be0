import assert from "node:assert/strict";
import { test } from "node:test";
import { fromExactJson, toExactJson } from "../../engine/record/exactJson.ts";
import { decodeTable, encodeTable } from "../../engine/record/table.node.ts";
import fc from "../fixtures/fastCheck.ts";

const SCHEMA = { at: "i32", number: "f64", words: "text", is_so: "flag" } as const;

const anyRow = fc.record(
  {
    at: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    number: fc.option(fc.double()),
    words: fc.option(fc.string({ unit: "grapheme" })),
    is_so: fc.option(fc.boolean()),
  },
  { noNullPrototype: true },
);

test("rows come back from a table as they were, -0, NaN and nothing among them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRow, { maxLength: 30 }), async (rows) => {
      const bytes = Uint8Array.from(await encodeTable("rows", SCHEMA, rows));
      const read = await decodeTable("rows.parquet", SCHEMA, bytes);
      assert.deepEqual(
        read.map((row) => ({ ...row })),
        rows,
      );
      read.forEach(({ number }, i) => {
        assert.ok(Object.is(number, rows[i]?.number));
      });
    }),
  );
});

test("values of another type than their column's are refused with their place", async () => {
  const row = { at: 0, number: 0, words: "", is_so: true };
  const of = (change: object) => encodeTable("rows", SCHEMA, [row, { ...row, ...change }]);
  for (const [change, place] of [
    [{ at: 0.5 }, "at"],
    [{ at: 2 ** 31 }, "at"],
    [{ words: "\ud800" }, "words"],
    [{ words: 1 }, "words"],
    [{ is_so: 1 }, "is_so"],
  ] as const)
    await assert.rejects(of(change), {
      code: "ERR_RECORD",
      message: new RegExp(`rows.${place}\\[1\\]`),
    });
  const other = Uint8Array.from(await encodeTable("rows", { at: "text" }, [{ at: "x" }]));
  await assert.rejects(decodeTable("rows.parquet", SCHEMA, other), { code: "ERR_RECORD" });
  await assert.rejects(decodeTable("rows.parquet", SCHEMA, new Uint8Array(9)), {
    code: "ERR_RECORD",
    message: /rows.parquet: expected a Parquet file/,
  });
});

test("numbers that JSON has no text for come back from it", () => {
  const value = { a: [-0, 0, Number.NaN], b: { c: -Infinity, d: Infinity }, e: "-0", f: null };
  const text = JSON.stringify(toExactJson(value));
  assert.deepEqual(fromExactJson(JSON.parse(text)), value);
  assert.ok(Object.is((fromExactJson(JSON.parse(text)) as typeof value).a[0], -0));
});
