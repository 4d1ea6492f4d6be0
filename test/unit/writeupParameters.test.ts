import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { injectParameters } from "../../cli/writeup/injectParameters.ts";
import { readParameters, typeText } from "../../cli/writeup/parameters.ts";
import type { Notebook } from "../../kernel/server/contents/notebookFormat.ts";

const DECLARED = `// what a run may set
const samples = 50, share = -0.5;
let model: string = "tiny";
const isFast = false;
const layers = [0, 1];
const names: readonly string[] = [];
const style: "short" | "long" | 3 = "short";
const anything = [];
const grid: number[][] = [[1], [2]];`;

const code = (source: string, tags: readonly string[] = [], id = source.slice(0, 3)) => ({
  ...{ cell_type: "code", id, metadata: { tags }, execution_count: null, outputs: [], source },
});

const notebook = (...cells: object[]): Notebook => ({
  cells: cells as Notebook["cells"],
  ...{ metadata: {}, nbformat: 4, nbformat_minor: 5 },
});

const GIVEN = notebook(code("1"), code(DECLARED, ["parameters"], "p"), code("samples"));

function injected(settings: Readonly<Record<string, string>>, given = GIVEN): string {
  const { cells } = injectParameters(given, new Map(Object.entries(settings)));
  return String(cells[2]?.source);
}

describe("parameters of a notebook", () => {
  it("have the types of their annotations, else of their values", () => {
    const types = readParameters(DECLARED).map(({ name, type }) => `${name}: ${typeText(type)}`);
    assert.deepEqual(types, [
      ...["samples: number", "share: number", "model: string", "isFast: boolean"],
      ...["layers: number[]", "names: string[]", 'style: "short" | "long" | 3'],
      ...["anything: any JSON[]", "grid: number[][]"],
    ]);
  });

  it("are declared anew behind their cell, as they were declared there", () => {
    const settings = { model: 'a "b"', samples: "1e3", isFast: "true", layers: "[2, 3]" };
    assert.equal(
      injected({ ...settings, style: "3", names: '["x"]' }),
      [
        'let model: string = "a \\"b\\"";',
        "const samples = 1000;",
        "const isFast = true;",
        "const layers = [2,3];",
        'const style: "short" | "long" | 3 = 3;',
        'const names: readonly string[] = ["x"];',
      ].join("\n"),
    );
    const once = injectParameters(GIVEN, new Map([["samples", "7"]]));
    assert.deepEqual(
      once.cells.map(({ id }) => id),
      ["1", "p", "injected-parameters", "sam"],
    );
    assert.deepEqual(once.cells[2]?.metadata, { tags: ["injected-parameters"] });
    assert.equal(GIVEN.cells.length, 3, "the notebook that was given stays");
    const again = injectParameters(once, new Map([["samples", "8"]]));
    assert.equal(again.cells.length, 4, "the cell of an earlier run is replaced");
    assert.equal(again.cells[2]?.source, "const samples = 8;");
    assert.equal(injectParameters(once, new Map()), once);
  });

  it("get an id only where cells have one, and one of their own", () => {
    const old = { ...GIVEN, nbformat_minor: 4 };
    assert.equal(
      "id" in (injectParameters(old, new Map([["samples", "7"]])).cells[2] ?? {}),
      false,
    );
    const taken = notebook(
      code("const n = 1;", ["parameters"]),
      code("n", [], "injected-parameters"),
    );
    const { cells } = injectParameters(taken, new Map([["n", "2"]]));
    assert.equal(cells[1]?.id, "injected-parameters-2");
  });

  it("refuse values of other types, by name and with what is expected", () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ["samples", "many", /expected --set samples=<number>, got "many"/],
      ["samples", "", /samples=<number>/],
      ["samples", "Infinity", /samples=<number>/],
      ["isFast", "yes", /isFast=<boolean>, got "yes"/],
      ["layers", '[1, "2"]', /layers=<number\[\]>/],
      ["layers", "1, 2", /layers=<number\[\]>.*written as JSON/],
      ["names", "[1]", /names=<string\[\]>/],
      ["style", "tall", /style=<"short" \| "long" \| 3>/],
      ["grid", "[1]", /grid=<number\[\]\[\]>/],
    ];
    for (const [name, text, message] of cases)
      assert.throws(() => injected({ [name]: text }), { code: "ERR_PARAMETER", message });
  });

  it("refuse names that are not declared, with those that are", () => {
    assert.throws(() => injected({ size: "1" }), {
      code: "ERR_PARAMETER",
      message: /samples: number, share: number, .*got size/,
    });
    assert.throws(() => injected({ samples: "1" }, notebook(code("const samples = 1"))), {
      message: /a code cell with the tag "parameters" for --set samples, got none/,
    });
    for (const source of [
      "const run = load();",
      "const { a } = b;",
      "let later: Map<string, number>;",
    ])
      assert.throws(() => readParameters(source), { code: "ERR_PARAMETER" }, source);
  });
});
