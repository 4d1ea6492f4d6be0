import assert from "node:assert/strict";
import { test } from "node:test";
import { normalizeApiPath } from "../../kernel/server/contents/contentsPath.ts";
import { jsonErrorAt } from "../../kernel/server/contents/jsonErrorAt.ts";
import { checkNotebook, parseNotebook } from "../../kernel/server/contents/notebookFormat.ts";
import { parseJsonWithComments } from "../../kernel/server/lab/jsonWithComments.ts";
import { parseRange } from "../../kernel/server/routes/serveFile.ts";
import fc from "../fixtures/fastCheck.ts";
import { notebookText } from "../fixtures/notebookText.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const jsonLike = fc.oneof(
  fc.json(),
  fc.string({
    unit: fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      "1",
      "-",
      ".",
      "e",
      "t",
      "true",
      "null",
      " ",
      "\n",
      "u00e9",
      "\u0001",
    ),
  }),
  fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, more]) => {
    const cut = at % (text.length + 1);
    return text.slice(0, cut) + more + text.slice(cut + 1);
  }),
);

test("a place is found exactly in the texts that JSON.parse refuses, with its line and column", () => {
  fc.assert(
    fc.property(jsonLike, (text) => {
      const place = jsonErrorAt(text);
      assert.equal(place === null, isJson(text), text);
      if (place === null) return;
      assert.ok(place.offset >= 0 && place.offset <= text.length);
      const lines = text.slice(0, place.offset).split("\n");
      assert.equal(place.line, lines.length);
      assert.equal(place.column, (lines.at(-1) ?? "").length + 1);
    }),
    { numRuns: 1000 },
  );
});

test("the place of an error is the first character that cannot be there", () => {
  const at = (text: string) => jsonErrorAt(text)?.offset;
  assert.equal(at('{"a": 1,}'), 8);
  assert.equal(at("[1 2]"), 3);
  assert.equal(at('{"a" 1}'), 5);
  assert.equal(at('["abc'), 5);
  assert.equal(at('["a\\x"]'), 3);
  assert.equal(at(""), 0);
  assert.equal(at("[".repeat(100_000)), 100_000);
  assert.deepEqual(jsonErrorAt('{\n  "a": tru\n}'), {
    offset: 9,
    line: 2,
    column: 8,
    expected: "a value",
    got: '"t"',
  });
});

const text = fc.string({ unit: fc.constantFrom("a", "ü", "\n", "\r", "\u2028", "😀", " ") });
const cell = fc.oneof(
  fc.record({ cell_type: fc.constant("markdown"), metadata: fc.constant({}), source: text }),
  fc.record({
    cell_type: fc.constant("code"),
    metadata: fc.constant({}),
    execution_count: fc.constant(null),
    source: text,
    outputs: fc.array(
      fc.oneof(
        fc.record({ output_type: fc.constant("stream"), name: fc.constant("stdout"), text }),
        fc.record({
          output_type: fc.constant("display_data"),
          metadata: fc.constant({}),
          data: fc.record({
            "text/plain": text,
            "application/json": fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
          }),
        }),
      ),
      { maxLength: 3 },
    ),
  }),
);

test("a notebook survives being written and read", () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 4 }), (cells) => {
      const notebook = checkNotebook(
        { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 },
        "n.ipynb",
      );
      const written = notebookText(notebook);
      assert.deepEqual(parseNotebook(written, "n.ipynb"), notebook);
      assert.equal(notebookText(parseNotebook(written, "n.ipynb")), written);
      assert.deepEqual(JSON.parse(written).metadata, {});
      assert.equal(written, `${JSON.stringify(JSON.parse(written), null, 1)}\n`);
    }),
  );
});

const isWhole = (text: string) => !/\p{Surrogate}/u.test(text);

test("a normal path has no part that climbs, and normalising again changes nothing", () => {
  const path = fc
    .array(fc.oneof(fc.constantFrom("..", ".", "", "a", "b.c", "...", "~"), fc.string()))
    .map((parts) => parts.join("/"));
  fc.assert(
    fc.property(path, (raw) => {
      let normal: string;
      try {
        normal = normalizeApiPath(raw);
      } catch {
        assert.ok(
          raw.split("/").includes("..") ||
            [...raw].some((character) => character < " ") ||
            !isWhole(raw),
        );
        return;
      }
      assert.equal(normalizeApiPath(normal), normal);
      assert.equal(
        normal.split("/").some((part) => part === ".." || part === "."),
        false,
      );
      assert.equal(normal.startsWith("/"), false);
    }),
  );
});

test("half a character is no name on any disk", () => {
  for (const path of ["\ud800", "a/b\udc00.txt", "\ude00\ud83d"])
    assert.throws(() => normalizeApiPath(path), /expected a name the disk can hold/);
  assert.equal(normalizeApiPath("/😀.txt"), "😀.txt");
});

test("on Windows a name holds no drive, no backslash and no wildcard", () => {
  for (const path of ["C:/x", "a\\b", "a/b:stream", "a?", "a*"]) {
    assert.throws(() => normalizeApiPath(path, "win32"), /expected a name the disk can hold/);
  }
});

test("comments and last commas vanish, strings keep what looks like them", () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom("/* a */", "// b\n", " ", "/**/\n"),
      (value, comment) => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        const commented = `${comment}${JSON.stringify([plain, "// no /* comment */, ]"]).slice(0, -1)},${comment}]${comment}`;
        assert.deepEqual(parseJsonWithComments(commented), [plain, "// no /* comment */, ]"]);
      },
    ),
  );
  assert.deepEqual(parseJsonWithComments(" // nothing\n"), {});
  assert.throws(() => parseJsonWithComments("{a: 1}"), SyntaxError);
  for (const text of ['{"a": 1} /*', '{"a": 1} /*/', '{"a": "/*"'])
    assert.throws(() => parseJsonWithComments(text), SyntaxError, text);
  const many = "/* a */ ".repeat(1000);
  assert.deepEqual(parseJsonWithComments(`{"a": 1, ${many} "b": 2, ${many}}`), { a: 1, b: 2 });
});

test("a range lies inside the file", () => {
  fc.assert(
    fc.property(
      fc.nat(50),
      fc.option(fc.nat(60), { nil: null }),
      fc.option(fc.nat(60), { nil: null }),
      (size, first, last) => {
        const range = parseRange(`bytes=${first ?? ""}-${last ?? ""}`, size);
        if (range === null || range === "unsatisfiable") return;
        assert.ok(range.start >= 0 && range.start <= range.end && range.end < size);
        if (first !== null) assert.equal(range.start, first);
        if (first === null) assert.equal(range.end, size - 1);
      },
    ),
  );
  assert.equal(parseRange("bytes=5-", 5), "unsatisfiable");
  assert.equal(parseRange("bytes=0-1,3-4", 9), null);
  assert.equal(parseRange(null, 9), null);
});
