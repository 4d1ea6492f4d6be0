import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkedNotebook } from "../fixtures/kernel/checkedNotebook.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-names-"));
after(() => rmSync(folder, { recursive: true, force: true }));
/** One notebook for all: a program takes longer to make than these cells to run. */
const { run, runUnchecked, errors, compile } = checkedNotebook(folder);

test("a cell has no arguments and no this, as a module has none", async () => {
  for (const code of ["arguments", "await 0; arguments[0]", "(() => arguments)()"]) {
    await assert.rejects(runUnchecked(code), {
      name: "ReferenceError",
      message: "arguments is not defined",
    });
  }
  assert.equal(await runUnchecked("typeof arguments"), "undefined");
  assert.equal(await run("(function (..._: number[]) { return arguments.length })(1, 2)"), 2);
  assert.equal(
    await run("class A { m(..._: number[]) { return (() => arguments.length)() } } new A().m(1)"),
    1,
  );
  assert.equal(await runUnchecked("this"), undefined);
});

test("__filename is a file of the folder __dirname, as import.meta says", async () => {
  assert.deepEqual(await run("[__filename, __dirname]"), [join(folder, "cell.ts"), folder]);
});

test("import = require and a return at the top are no errors", async () => {
  assert.equal(await run("import fs = require('node:fs'); fs.existsSync('.')"), true);
  assert.equal(await run("fs.existsSync('.')"), true);
  assert.deepEqual(errors("fs.noSuchFunction()"), ["1:4 2339"]);
  assert.equal(
    await run("namespace Space { export const inner = 9 } import inner = Space.inner; inner"),
    9,
  );
  assert.equal(await run("inner + 1"), 10);
  assert.equal(await run("if (inner) return 'early'; 'late'"), "early");
});

test("declare says that a name exists and makes none", async () => {
  assert.equal(await run("declare var require: any; require('node:fs').existsSync('.')"), true);
  assert.equal(await run("require('node:path').sep.length"), 1);
  await run("(globalThis as any).cfg = 7; (globalThis as any).Shape = class { sides = 3 }");
  assert.equal(await run("declare const cfg: number; cfg + 1"), 8);
  assert.equal(await run("declare class Shape { sides: number } new Shape().sides"), 3);
  assert.deepEqual(await run("[cfg + 2, new Shape().sides]"), [9, 3]);
  assert.deepEqual(errors("cfg.trim()"), ["1:5 2339"]);
  assert.equal(await run("let known = 5; known"), 5);
  assert.equal(await run("declare let known: any; known + 1"), 6);
  await assert.rejects(run("declare const nowhere: number; nowhere"), {
    name: "ReferenceError",
    message: "nowhere is not defined",
  });
  for (const name of ["cfg", "Shape"]) Reflect.deleteProperty(globalThis, name);
});

test("names that begin with two underscores are names as any other", async () => {
  assert.equal(
    await run("let __x = 1; function __f() { return __x } class __C {} type __T = 1; __x"),
    1,
  );
  assert.deepEqual(
    await run("const t: __T = 1; __x += t; [__x, __f(), new __C() instanceof __C]"),
    [2, 2, true],
  );
  assert.deepEqual(await run("let { a: __a, ...__rest } = { a: 1, b: 2 }; ({ __a, __rest })"), {
    __a: 1,
    __rest: { b: 2 },
  });
  assert.deepEqual(errors("__x = 'text'; const ___x = 3"), ["1:1 2322"]);
  assert.equal(await run("const __dirname = 'mine', ___ = 3; __dirname"), "mine");
  assert.deepEqual(await run("[__dirname, ___]"), ["mine", 3]);
});

test("a cell may declare module, exports and require as names of its own", async () => {
  assert.deepEqual(
    await run(
      "class module { n = 1 } enum exports { A = 2 } const require = 3; [new module().n, exports.A, require]",
    ),
    [1, 2, 3],
  );
  assert.deepEqual(await run("[new module().n, exports.A, require]"), [1, 2, 3]);
});

test("a cell is known by the names that it sets and those of other cells that it reads", async () => {
  const names = (code: string) => {
    const compiled = compile(code);
    assert.ok(compiled.ok, code);
    return compiled.cell.names;
  };
  await run("let readA = 1, readB = 2, readC = { k: 3 }; const rows = [1];");
  assert.deepEqual(
    names("import { sep } from 'node:path'; const own = readA + 1; own + sep.length"),
    {
      declares: ["sep", "own"],
      reads: ["readA"],
    },
  );
  assert.deepEqual(names("readA = 5"), { declares: ["readA"], reads: [] });
  assert.deepEqual(names("readA += readB; readB++"), {
    declares: ["readA", "readB"],
    reads: ["readA", "readB"],
  });
  assert.deepEqual(
    names("[readA, { k: readB }] = [1, readC] as any; ({ readC } = { readC: { k: 4 } })"),
    {
      declares: ["readA", "readB", "readC"],
      reads: ["readC"],
    },
  );
  assert.deepEqual(names("for (readA of rows); [readB].length"), {
    declares: ["readA"],
    reads: ["rows", "readB"],
  });
  assert.deepEqual(
    names("function later() { return { readC } } const inner = (readA: number) => readA;"),
    {
      declares: ["later", "inner"],
      reads: ["readC"],
    },
  );
  assert.deepEqual(names("console.log(Math.PI)"), { declares: [], reads: [] });
});
