import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { test } from "node:test";
import ts from "typescript";
import { CellFiles } from "../../kernel/debugger/cellFiles.ts";
import { CellScript } from "../../kernel/debugger/cellScript.ts";
import { describe } from "../../kernel/debugger/describe.ts";
import { murmur2 } from "../../kernel/debugger/murmur2.ts";
import { decodeMappings } from "../../kernel/debugger/sourceMap.ts";

const SOURCE = `interface Size { width: number }

function area({ width }: Size): number {
  // a comment
  const product = width * 2; return product;
}

enum Kind { A, B = 40 }
const answer = area({ width: 1 }) + Kind.B;
`;

function transpile(source: string) {
  const { outputText, sourceMapText = "" } = ts.transpileModule(source, {
    compilerOptions: { sourceMap: true, target: ts.ScriptTarget.ES2022 },
  });
  return { code: outputText, sourceMap: sourceMapText };
}

test("cells are hashed as @jupyterlab/debugger hashes them", () => {
  // Values of its own murmur2 with this seed.
  const expected: [string, number][] = [
    ["", 3990065800],
    ["a", 2167009006],
    ["ab", 2805137849],
    ["abc", 3350977461],
    ["const x = 1;\nx + 1", 2374132807],
    ["grüße 😀", 1184486815],
  ];
  for (const [text, hash] of expected) assert.equal(murmur2(text, 0xc70f6907), hash);
});

test("a cell's file is its hash between the prefix and the suffix, and keeps its text", () => {
  const files = new CellFiles();
  const path = files.add("abc");
  assert.equal(path, `${files.naming.tmpFilePrefix}3350977461.ts`);
  assert.equal(files.source(path), "abc");
  assert.equal(files.source("/etc/passwd"), undefined);
});

test("mappings are decoded as Node's own reader decodes them", () => {
  const { sourceMap } = transpile(SOURCE);
  const reader = new SourceMap(JSON.parse(sourceMap));
  const mappings = decodeMappings(sourceMap);
  assert.ok(mappings.length > 20);
  for (const { line, column, sourceLine, sourceColumn } of mappings) {
    const entry = reader.findEntry(line, column);
    assert.ok("originalLine" in entry);
    assert.deepEqual([entry.originalLine, entry.originalColumn], [sourceLine, sourceColumn]);
  }
});

test("a line of a cell runs where its code begins, and lines without code run with the next that has some", () => {
  const { code, sourceMap } = transpile(SOURCE);
  const script = new CellScript({ url: "u", label: "Cell [1]", source: SOURCE, sourceMap }, "p");
  const lines = code.split("\n");
  const runs = (line: number): string | undefined => {
    const place = script.running(line);
    return place === null ? undefined : lines[place.lineNumber]?.slice(place.columnNumber);
  };
  assert.match(runs(1) ?? "", /^function area/);
  assert.match(runs(2) ?? "", /^function area/);
  assert.match(runs(5) ?? "", /^const product/);
  assert.match(runs(9) ?? "", /^const answer/);
  assert.equal(runs(10), undefined);
  for (const line of [3, 5, 8, 9]) {
    const place = script.running(line);
    assert.equal(place && script.written(place)?.line, line);
  }
});

test("values are described in one line", () => {
  assert.equal(describe({ type: "string", value: 'a "b"' }), '"a \\"b\\""');
  assert.equal(describe({ type: "object", subtype: "null", value: null }), "null");
  assert.equal(describe({ type: "undefined" }), "undefined");
  assert.equal(describe({ type: "bigint", description: "10n" }), "10n");
  assert.equal(describe({ type: "function", description: "() => {\n}" }), "() => {");
  const preview = {
    type: "object" as const,
    overflow: true,
    properties: [{ name: "a", type: "string" as const, value: "b" }],
  };
  assert.equal(describe({ type: "object", description: "Object", preview }), '{a: "b", …}');
  assert.equal(describe({ type: "string", value: "x".repeat(1000) }).length, 201);
});
