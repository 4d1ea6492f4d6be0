import assert from "node:assert/strict";
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { completenessOf } from "../../kernel/language/completeness.ts";
import { cellNotebook } from "../fixtures/kernel/cellNotebook.ts";
import { keepLibraries } from "../fixtures/kernel/keepLibraries.ts";
import { typescript } from "../fixtures/kernel/typescript.ts";

const compiler = typescript();
const folder = mkdtempSync(join(tmpdir(), "vitrine-executor-"));
after(() => rmSync(folder, { recursive: true, force: true }));

keepLibraries();

/** A notebook: each string is a cell; what its types say is not asked. */
function notebook() {
  const known = join(folder, "known.mjs");
  writeFileSync(known, "export const here = 'known module';\n");
  const { executor, language, interruptFlag } = cellNotebook({
    cwd: folder,
    typeErrors: "off",
    modules: { known: pathToFileURL(known).href },
  });
  after(() => language.close());
  const run = async (code: string): Promise<unknown> => {
    const compiled = language.compile(code, executor.names(), () => true);
    assert.ok(compiled.ok, code);
    compiled.remember();
    return executor.run(compiled.cell, { label: "Cell [1]", source: code });
  };
  return { run, interruptFlag };
}

test("functions see what later cells assign and declare", async () => {
  const { run } = notebook();
  await run("let x = 1; function f() { return x } const g = () => f() + x");
  assert.equal(await run("x = 10; f()"), 10);
  assert.equal(await run("let x = 100; g()"), 200);
});

test("every kind of declaration is visible in later cells", async () => {
  const { run } = notebook();
  await run(`
    const { a, b: [c = 5, ...d], ...rest } = { a: 1, b: [undefined, 2, 3], e: 4, f: 5 };
    var v; enum Colour { Red = 3, Blue } class Point { static origin = new Point(); x = 7 }
    namespace Space { export const inner = 9 } async function later() { return 11 }
    function* many() { yield 13 } for (var i = 0; i < 3; i++); export const exported = 15;
  `);
  assert.deepEqual(await run("[a, c, d, rest, v, Colour.Blue, Point.origin.x, Space.inner]"), [
    1,
    5,
    [2, 3],
    { e: 4, f: 5 },
    undefined,
    4,
    7,
    9,
  ]);
  assert.deepEqual(await run("[await later(), [...many()], i, exported]"), [11, [13], 3, 15]);
});

test("names inside functions, blocks and patterns shadow those of the notebook", async () => {
  const { run } = notebook();
  await run("let x = 'cell'; const object = { x: 'property' }");
  assert.deepEqual(
    await run(`[
      ((x: string) => x)('parameter'), (() => { let x = 'block'; return x })(), object.x, { x }.x,
      (() => { try { throw 'caught' } catch (x) { return x } })(), (function x() { return typeof x })(), x,
      (({ x }) => x)({ x: 'pattern' }), [1].map((n) => { for (const x of ['loop']) return x })[0],
    ]`),
    ["parameter", "block", "property", "cell", "caught", "function", "cell", "pattern", "loop"],
  );
});

test("assignments of every form reach the notebook's variables", async () => {
  const { run } = notebook();
  await run("let a = 1, b = 2, n = 0, o: any");
  await run(
    "[a, b] = [b, a]; ({ n } = { n: 5 }); ({ missing: o = 'default' } = {} as any); n++; n **= 2",
  );
  assert.deepEqual(await run("[a, b, n, o]"), [2, 1, 36, "default"]);
});

test("calls through the notebook's names pass no this, and functions keep their names", async () => {
  const { run } = notebook();
  await run("function self(this: any) { return this } const arrow = () => 1; const tag = self");
  assert.deepEqual(await run("[self(), self?.(), tag`x`, arrow.name, self.name]"), [
    undefined,
    undefined,
    undefined,
    "arrow",
    "self",
  ]);
});

test("a variable whose cell threw first cannot be read, and what was assigned stays", async () => {
  const { run } = notebook();
  await assert.rejects(run("const a = 1; throw new Error('stop'); const b = 2"), /stop/);
  assert.equal(await run("a"), 1);
  await run("const getB = () => b");
  await assert.rejects(run("getB()"), { name: "ReferenceError", message: /'b' before init/ });
  await run("const b = 3");
  assert.equal(await run("getB()"), 3);
});

test("the value of a cell is that of its last expression, awaited", async () => {
  const { run } = notebook();
  assert.equal(await run("1; 2"), 2);
  assert.equal(await run("const a = 1"), undefined);
  assert.equal(await run("Promise.resolve(3)"), 3);
  assert.equal(await run("5; interface Later {}"), 5);
  assert.equal(await run("'use strict'"), "use strict");
  assert.deepEqual(await run("{ a: 1, b: 2 }"), { a: 1, b: 2 });
  assert.equal(await run("{ const inner = 1; inner }"), undefined);
  assert.equal(await run("await (3)"), 3);
  assert.equal(
    await run("let total = 0; for await (const n of [1, Promise.resolve(2)]) total += n; total"),
    3,
  );
});

test("imports bind what the module exports and skip types", async () => {
  const { run } = notebook();
  await run(
    'import path, { join as glue, type ParsedPath, Missing } from "node:path"; import * as os from "node:os"',
  );
  assert.deepEqual(await run("[path.join('a', 'b'), glue('a', 'b'), typeof os.cpus]"), [
    join("a", "b"),
    join("a", "b"),
    "function",
  ]);
  await assert.rejects(run("Missing"), { name: "ReferenceError" });
  assert.equal(await run('import { here } from "known"; here'), "known module");
  assert.equal(await run('(await import("known")).here'), "known module");
  assert.equal(await run("import.meta.url"), "file:///cell.ts");
});

test("an edited local module is loaded anew when its import runs again", async () => {
  const { run } = notebook();
  const path = join(folder, "edited.mjs");
  writeFileSync(path, "export const n = 1;\n");
  assert.equal(await run('import { n } from "./edited.mjs"; n'), 1);
  writeFileSync(path, "export const n = 2;\n");
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
  assert.equal(await run('import { n } from "./edited.mjs"; n'), 2);
});

test("loops look for interrupts at each turn", async () => {
  for (const loop of [
    "while (true);",
    "do {} while (true)",
    "for (;;);",
    "for (const n of (function* () { for (;;) yield 1 })());",
    "await 0; for (;;) {}",
  ]) {
    const { run, interruptFlag } = notebook();
    interruptFlag[0] = 1;
    await assert.rejects(run(loop), { name: "KeyboardInterrupt" }, loop);
    assert.equal(interruptFlag[0], 0);
  }
});

test("a cell is incomplete where it ends too early, and invalid where it is wrong before that", () => {
  const told = (code: string) => completenessOf(compiler, code);
  for (const code of [
    "let a = 1",
    "{ a: 1 }",
    "if (a) {\n}\n",
    "await 1",
    "",
    "function f();",
    "declare function f()",
    "function f(a: 1): 1\nfunction f(a: 1) { return a }",
  ]) {
    assert.deepEqual(told(code), { status: "complete" }, code);
  }
  assert.deepEqual(told("  if (a) {"), { status: "incomplete", indent: "    " });
  assert.deepEqual(told("f(1,\n  2,"), { status: "incomplete", indent: "  " });
  for (const code of [
    "let x =",
    "`open",
    "/* open",
    "[1,",
    "1 +\n\n",
    "function f()",
    "const a = 1\nasync function f<T>(a: T): Promise<T>\n",
  ]) {
    assert.equal(told(code).status, "incomplete", code);
  }
  for (const code of ["let x = )", "a b", "}", "'open"]) {
    assert.equal(told(code).status, "invalid", code);
  }
});
