import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { readPercent } from "../../cli/writeup/percent/readPercent.ts";
import { writePercent } from "../../cli/writeup/percent/writePercent.ts";
import { type Notebook, parseNotebook } from "../../kernel/server/contents/notebookFormat.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import fc from "../fixtures/fastCheck.ts";

/** Lines that the file itself uses, and ends of lines. */
const LINES = [
  "// %%",
  "// %%%",
  "// %% [markdown]",
  "%% a",
  "//",
  "// ",
  "// ---",
  "",
  " ",
  "---",
  "const a = 1;",
];
const source = fc
  .array(fc.oneof(fc.constantFrom(...LINES), fc.string({ unit: "grapheme" })), { maxLength: 5 })
  .chain((lines) => fc.constantFrom("\n", "\r\n").map((end) => lines.join(end)));
const key = fc.oneof(
  fc.constantFrom(
    "id",
    "tags",
    "metadata",
    "attachments",
    "cell",
    "title",
    "a b",
    "",
    "jupytext",
    "count",
  ),
  fc.string(),
);
const object = fc.dictionary(key, fc.jsonValue(), { maxKeys: 3 });
const ids = fc.uniqueArray(fc.stringMatching(/^[\w-]{1,12}$/), { minLength: 4, maxLength: 4 });
const output = fc.oneof(
  fc.record({
    output_type: fc.constant("stream"),
    name: fc.constantFrom("stdout", "stderr"),
    text: fc.string({ unit: "binary" }),
  }),
  fc.record({
    output_type: fc.constant("execute_result"),
    execution_count: fc.nat(9),
    metadata: object,
    data: fc.dictionary(fc.constantFrom("text/plain", "application/json"), fc.string()),
  }),
);
const code = fc.record({
  cell_type: fc.constant("code"),
  metadata: object,
  source,
  execution_count: fc.option(fc.nat(9)),
  outputs: fc.array(output, { maxLength: 2 }),
});
const prose = fc.record(
  {
    cell_type: fc.constantFrom("markdown", "raw"),
    metadata: object,
    source,
    attachments: fc.dictionary(fc.string(), fc.record({ "image/png": fc.base64String() }), {
      maxKeys: 1,
    }),
    extra: fc.jsonValue(),
  },
  { requiredKeys: ["cell_type", "metadata", "source"] },
);

/** Notebooks as they are read: of format 4.5 with ids, or 4.4 without. */
const notebooks = fc
  .record({
    cells: fc.array(fc.oneof(code, prose), { maxLength: 4 }),
    metadata: object,
    ids,
    minor: fc.constantFrom(4, 5),
    more: fc.dictionary(fc.constantFrom("signature", "worksheets"), fc.jsonValue(), { maxKeys: 1 }),
  })
  .map(({ cells, metadata, ids: named, minor, more }): Notebook => {
    const identified = cells.map((cell, i) => (minor < 5 ? cell : { ...cell, id: named[i] }));
    const notebook = { ...more, cells: identified, metadata, nbformat: 4, nbformat_minor: minor };
    return parseNotebook(JSON.stringify(notebook), "random");
  });

/** The same notebook with nothing run. */
function withoutOutputs(notebook: Notebook): Notebook {
  const { widgets: _, ...metadata } = notebook.metadata;
  const cells = notebook.cells.map((cell) =>
    cell.cell_type === "code" ? { ...cell, execution_count: null, outputs: [] } : cell,
  );
  return { ...notebook, metadata, cells };
}

const throughText = (notebook: Notebook, withOutputs: boolean): Notebook =>
  readPercent(writePercent(notebook, { withOutputs }), "random.nb.ts");

describe("a notebook as TypeScript with cells", () => {
  it("comes back as it was, but for what cells showed", () => {
    fc.assert(
      fc.property(notebooks, (notebook) => {
        assert.deepEqual(throughText(notebook, false), withoutOutputs(notebook));
      }),
    );
  });

  it("comes back whole where outputs are written", () => {
    fc.assert(
      fc.property(notebooks, (notebook) => {
        assert.deepEqual(throughText(notebook, true), notebook);
      }),
    );
  });

  it("is the same text after another turn", () => {
    fc.assert(
      fc.property(notebooks, fc.boolean(), (notebook, withOutputs) => {
        const text = writePercent(notebook, { withOutputs });
        const again = writePercent(readPercent(text, "random.nb.ts"), { withOutputs });
        assert.equal(again, text);
      }),
    );
  });

  it("brings every notebook of this package through", () => {
    const folder = inRepository("notebooks");
    for (const name of readdirSync(folder).filter((each) => each.endsWith(".ipynb"))) {
      const notebook = parseNotebook(readFileSync(`${folder}/${name}`, "utf8"), name);
      assert.deepEqual(throughText(notebook, true), notebook, name);
    }
  });

  it("is read where a person left out what can be filled in", () => {
    const text = `import { loadModel } from "vitrine";\n\n// %% A title [markdown] tags=["a"]\n// # Head\nwithout marks\n// %%\nconst n = 1;\n// %% [md]\n//`;
    const { cells, metadata } = readPercent(text, "hand.nb.ts");
    assert.deepEqual(
      cells.map(({ cell_type: type, source: written, id }) => [type, written, id]),
      [
        ["code", 'import { loadModel } from "vitrine";', "cell-1"],
        ["markdown", "# Head\nwithout marks", "cell-2"],
        ["code", "const n = 1;", "cell-3"],
        ["markdown", "", "cell-4"],
      ],
    );
    assert.deepEqual(cells[1]?.metadata, { title: "A title", tags: ["a"] });
    assert.deepEqual(Object.keys(metadata), ["kernelspec"]);
    assert.deepEqual(readPercent(text.replaceAll("\n", "\r\n"), "hand.nb.ts").cells, cells);
  });

  it("refuses what it cannot read, with the line", () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      [
        "// %%\n1\n\n// %% tags=[\n2\n",
        /^a\.nb\.ts:4: expected key=value with JSON as value, got tags=\[/,
      ],
      [
        "\n// %% [poem]\n",
        /^a\.nb\.ts:2: expected a cell of type code, markdown, raw, got \[poem\]/,
      ],
      ["// ---\n// jupyter:\n// ---\n", /^a\.nb\.ts:2: expected a JSON object/],
      [
        "// %%\n1\n\n// %% [outputs] count=1\n// {\n",
        /^a\.nb\.ts:5: expected an output as one line/,
      ],
    ];
    for (const [text, message] of cases)
      assert.throws(() => readPercent(text, "a.nb.ts"), { code: "ERR_INPUT", message });
    const half = parseNotebook(
      JSON.stringify({
        cells: [{ cell_type: "code", metadata: {}, source: "\ud800", outputs: [] }],
        ...{ metadata: {}, nbformat: 4, nbformat_minor: 4 },
      }),
      "half",
    );
    assert.throws(() => writePercent(half), {
      code: "ERR_INPUT",
      message: /half of one in cell 1/,
    });
  });
});
