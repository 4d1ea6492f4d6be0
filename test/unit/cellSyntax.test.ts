import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { errorText } from "../../kernel/language/codeFrame.ts";
import { installStackTraces } from "../../kernel/language/stackTrace.ts";
import { cellNotebook } from "../fixtures/kernel/cellNotebook.ts";
import { keepLibraries } from "../fixtures/kernel/keepLibraries.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-syntax-"));
after(() => rmSync(folder, { recursive: true, force: true }));

keepLibraries();

/** Compiles, checks and runs cells; type errors fail the test. */
function notebook() {
  const { executor, language } = cellNotebook({ cwd: folder, typeErrors: "show" });
  after(() => language.close());
  return async (code: string): Promise<unknown> => {
    const compiled = language.compile(code, executor.names(), (name) => name in globalThis);
    assert.deepEqual(compiled.diagnostics, [], code);
    assert.ok(compiled.ok);
    compiled.remember();
    return executor.run(compiled.cell, { label: "Cell [1]", source: code });
  };
}

test("decorators of the standard run, on classes, methods, fields and accessors", async () => {
  const run = notebook();
  await run(`const calls: string[] = [];
    function named(_value: unknown, { kind, name }: DecoratorContext): void { calls.push(kind + ' ' + String(name)) }
    function doubled(get: () => number) { return function (this: any) { return get.call(this) * 2 } }
    function sealed<C extends new (...args: any[]) => object>(value: C) { return class extends value { isSealed = true } }`);
  assert.deepEqual(
    await run(`@named class Point {
      @named accessor x = 1; @named y = 2; @named move() {} @doubled get z() { return 3 }
      static made = new Point();
    }
    [calls.sort(), new Point().x, new Point().z, Point.made instanceof Point]`),
    [["accessor x", "class Point", "field y", "method move"], 1, 6, true],
  );
  assert.equal(
    await run("@sealed class Box { twin() { return new Box() } }; 'isSealed' in new Box().twin()"),
    true,
  );
  assert.equal(await run("'isSealed' in new Box()"), true);
});

test("using at the top of a cell is disposed of when the cell ends, also when it throws", async () => {
  const run = notebook();
  await run(`const log: string[] = [];
    const open = (name: string) => ({ name, [Symbol.dispose]() { log.push(name) } });
    const connect = (name: string) => ({ name, async [Symbol.asyncDispose]() { await 0; log.push(name) } });`);
  assert.deepEqual(
    await run(
      "using a = open('a'), b = open('b'); await using c = connect('c'); log.push(a.name + c.name); [...log]",
    ),
    ["ac"],
  );
  assert.deepEqual(await run("[...log, b.name]"), ["ac", "c", "b", "a", "b"]);
  await assert.rejects(run("using d = open('d'); throw new Error('stop ' + d.name)"), /stop d/);
  assert.equal(
    await run(
      "{ using e = open('e') } for (using f of [open('f')]) log.push('in'); log.slice(-4).join()",
    ),
    "d,e,in,f",
  );
});

test("satisfies, const type parameters, enums and namespaces mean what they say", async () => {
  const run = notebook();
  await run(`const sizes = { small: 1 } satisfies Record<string, number>;
    function keep<const T>(value: T): T { return value }
    const enum Flag { On = 1, Off = On << 2 } enum Colour { Red = 'red', Blue = 2 }
    namespace Space { export const origin = 0; export namespace Deep { export const x = origin + 1 } }`);
  assert.deepEqual(
    await run(
      "const [one]: readonly ['a'] = keep(['a']); [sizes.small, one, Flag.Off, Colour.Red, Colour[2], Space.Deep.x]",
    ),
    [1, "a", 4, "red", "Blue", 1],
  );
});

test("let, const, class, function, enum and type are declared again in later cells", async () => {
  const run = notebook();
  await run(
    "let a = 1; const b = 1; class C { v = 1 } function f() { return 1 } enum E { V = 1 } type T = 1; const t: T = 1",
  );
  await run("const all = () => [a, b, new C().v, f(), E.V]");
  await run(
    "let a = '2'; const b = '2'; class C { v = '2' } function f() { return '2' } enum E { V = '2' } type T = '2'; const t: T = '2'",
  );
  assert.deepEqual(await run("all()"), ["2", "2", "2", "2", "2"]);
  assert.deepEqual(await run("const C = (): T => '2'; C()"), "2");
});

test("import attributes, await at the top and packages of the folder load", async () => {
  const run = notebook();
  const files: Record<string, string> = {
    "data.json": '{ "count": 1 }',
    "node_modules/mapped/package.json": JSON.stringify({
      name: "mapped",
      type: "module",
      exports: { "./deep": { types: "./deep.d.ts", import: "./lib/deep.js" } },
    }),
    "node_modules/mapped/deep.d.ts": "export declare const answer: number;",
    "node_modules/mapped/lib/deep.js": "export const answer = await Promise.resolve(42);",
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  assert.equal(await run("import data from './data.json' with { type: 'json' }; data.count"), 1);
  assert.equal(
    await run("import { answer } from 'mapped/deep'; (await Promise.resolve(answer)).toFixed()"),
    "42",
  );
  assert.equal(await run("const { answer: again } = await import('mapped/deep'); again"), 42);
});

test("JSX calls React of the notebook, or the factory that a comment names", async () => {
  const run = notebook();
  await run(`declare global { namespace JSX { interface IntrinsicElements { [tag: string]: any } } }
    const React = { createElement: (...parts: any[]) => parts, Fragment: 'fragment' }`);
  await run("const h = (...parts: any[]) => ['h', ...parts]; const Frag = 'frag'; const n = 2");
  assert.deepEqual(await run("<p title='a'>{n} {<b/>}</p>"), [
    "p",
    { title: "a" },
    2,
    " ",
    ["b", null],
  ]);
  assert.deepEqual(await run("<>{n}</>"), ["fragment", null, 2]);
  assert.deepEqual(await run("/** @jsx h\n * @jsxFrag Frag */\n<>{<i/>}</>"), [
    "h",
    "frag",
    null,
    ["h", "i", null],
  ]);
  assert.deepEqual(await run("const m = 3\n/** @jsx h */\nconst made = <b>{m}</b>; made"), [
    "h",
    "b",
    null,
    3,
  ]);
  assert.deepEqual(await run("// @jsx h\n<b/>"), ["h", "b", null]);
  assert.deepEqual(await run("const said = '@jsx none'; <b/>"), ["b", null]);
  assert.equal(await run("const first = <T,>(list: T[]) => list[0]; first([n])"), 2);
});

test("local files are one module for all who import them, until one is edited", async () => {
  const run = notebook();
  const save = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  save("store.ts", "export class Item {}\nexport const items: string[] = [];");
  save(
    "add.ts",
    "import { Item, items } from './store.ts';\nexport const add = (n: string) => { items.push(n); return new Item() };",
  );
  save("plain.mjs", "import { step } from './step.mjs'; export const next = (n) => n + step;");
  save("step.mjs", "export const step = 1;");
  assert.deepEqual(
    await run(
      "import { add } from './add.ts'; import { items, Item } from './store.ts'; [add('a') instanceof Item, items]",
    ),
    [true, ["a"]],
  );
  assert.deepEqual(await run("import { items as same } from './store.ts'; same"), ["a"]);
  assert.equal(await run("import { next } from './plain.mjs'; next(1)"), 2);
  save("step.mjs", "export const step = 10;");
  assert.equal(await run("next(1)"), 2);
  assert.equal(await run("import { next } from './plain.mjs'; next(1)"), 11);
  save("store.ts", "export class Item {}\nexport const items: string[] = ['edited'];");
  assert.deepEqual(
    await run(
      "import { add } from './add.ts'; import { items } from './store.ts'; add('b'); items",
    ),
    ["edited", "b"],
  );
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
  );
});

test("errors of local files name the file as it was when it was loaded, with the lines around", async () => {
  installStackTraces();
  const run = notebook();
  const save = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const thrown = async (code: string): Promise<{ stack: string[]; frame: string[] }> => {
    const error = await run(code).then(
      () => assert.fail("expected an error"),
      (reason: Error) => reason,
    );
    return {
      stack: (error.stack ?? "").split("\n").slice(1),
      frame: errorText(error).split("\n\n")[1]?.split("\n") ?? [],
    };
  };
  mkdirSync(join(folder, "lib"), { recursive: true });
  save(
    "lib/fails.ts",
    "interface Gone {\n  a: 1;\n}\nexport const fail = (): Gone => {\n  throw new Error('a');\n};",
  );
  save("calls.mjs", "import { fail } from './lib/fails.ts';\n\nexport const call = () => fail();");
  const before = await thrown("import { call } from './calls.mjs';\ncall()");
  assert.deepEqual(before.stack, [
    "    at fail (./lib/fails.ts:5:9)",
    "    at call (./calls.mjs:3:27)",
    "    at Cell [1]:2:5",
  ]);
  assert.deepEqual(before.frame, [
    "./lib/fails.ts:",
    "  3 | }",
    "  4 | export const fail = (): Gone => {",
    "> 5 |   throw new Error('a');",
    "    |         ^",
    "  6 | };",
  ]);
  const keep = "import { fail as old } from './lib/fails.ts'; const kept = old;";
  await run(keep);
  save("lib/fails.ts", "type Gone = 1;\nexport const fail = (): Gone => { throw new Error('b') };");
  const edited = await thrown("import { call } from './calls.mjs';\ncall()");
  assert.equal(edited.stack[0], "    at fail (./lib/fails.ts:2:41)");
  assert.equal(edited.frame[2], "> 2 | export const fail = (): Gone => { throw new Error('b') };");
  const old = await thrown("kept()");
  assert.equal(old.stack[0], "    at fail (./lib/fails.ts:5:9)");
  assert.equal(old.frame[3], "> 5 |   throw new Error('a');");
  save("plain.js", "// JavaScript\nexport const fail = () => {\n  throw new Error('c');\n};");
  save("package.json", '{ "type": "module" }');
  const plain = await thrown("import { fail as plain } from './plain.js'; plain()");
  assert.equal(plain.stack[0], "    at fail (./plain.js:3:9)");
  assert.equal(plain.frame[3], "> 3 |   throw new Error('c');");
  save("top.ts", "type A = 1;\n\nnull.x;");
  const top = await thrown("import './top.ts'");
  assert.deepEqual(top.stack, ["    at ./top.ts:3:6"]);
});

test("local files may import each other in a ring, later, and from packages and JSON", async () => {
  const run = notebook();
  const save = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  save(
    "even.ts",
    "import { isOdd } from './odd';\nexport const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);",
  );
  save(
    "odd.ts",
    "import { isEven } from './even';\nexport const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);",
  );
  assert.equal(await run("import { isEven } from './even.ts'; isEven(10)"), true);
  save("numbers.json", "[1, 2]");
  save(
    "lazy.ts",
    "import list from './numbers.json';\nexport const sum = async () => (await import('./total.ts')).total(list);",
  );
  save(
    "total.ts",
    "import { join } from 'node:path';\nexport const total = (list: number[]) => join(...list.map(String));",
  );
  assert.equal(await run("import { sum } from './lazy.ts'; await sum()"), join("1", "2"));
  save("broken.ts", "export const a = ;");
  await assert.rejects(run("await import('./broken.ts')"), {
    name: "SyntaxError",
    message: 'Unexpected ";"',
    stack: /\n {4}at .*broken\.ts:1:18$/,
  });
  save("broken.ts", "export const a = 1;");
  assert.equal(await run("(await import('./broken.ts')).a"), 1);
});
