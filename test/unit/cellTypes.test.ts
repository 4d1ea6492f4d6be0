import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CellLanguage, type TypeErrors } from "../../kernel/language/cellLanguage.ts";
import { CellTypes } from "../../kernel/language/cellTypes.ts";
import { readTypeErrors } from "../../kernel/language/typeErrorsSetting.ts";
import { collectGarbage } from "../../kernel/session/collectGarbage.ts";
import { keepLibraries } from "../fixtures/kernel/keepLibraries.ts";
import { COMPILED_FOLDER, typescript } from "../fixtures/kernel/typescript.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-types-"));
after(() => rmSync(folder, { recursive: true, force: true }));

keepLibraries();

/** A notebook whose cells are checked but do not run; made anew for each test over the same libraries. */
function notebook(typeErrors: TypeErrors = "show") {
  const language = new CellLanguage({
    cwd: folder,
    modules: {},
    typeErrors,
    compiledFolder: COMPILED_FOLDER,
  });
  after(() => language.close());
  const compile = (code: string) => {
    const compiled = language.compile(code, new Set(), (name) => name in globalThis);
    if (compiled.ok) compiled.remember();
    return compiled;
  };
  const errors = (code: string): string[] =>
    compile(code).diagnostics.map(
      ({ line, column, code: number }) => `${line}:${column} ${number}`,
    );
  const texts = (code: string): string[] =>
    language.complete(code, code.length).items.map(({ text }) => text);
  return { language, compile, errors, texts };
}

function write(name: string, text: string): void {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
}

test("an empty list and a variable without a value take what they are given, in later cells and functions too", () => {
  const { errors } = notebook();
  assert.deepEqual(
    errors("const losses = []; let best = null; losses.push(1, 2); losses[0]! + 1"),
    [],
  );
  assert.deepEqual(errors("losses.push(3); best = { loss: 1 }; best.loss"), []);
  assert.deepEqual(
    errors("function add(loss) { losses.push(loss); best = loss; return best.x; }"),
    [],
  );
  assert.deepEqual(errors("const texts = []; texts.push('a'); const n: number = texts[0]!;"), [
    "1:42 2322",
  ]);
  assert.deepEqual(errors("const table = {}; for (const key of ['a']) table[key] = 1;"), []);
  assert.deepEqual(
    errors("const twice = ({ a }, [b], ...rest) => a + b + rest.length; twice({ a: 1 }, [2])"),
    [],
  );
});

test("TypeScript as people write it today passes without an error", () => {
  const { errors } = notebook();
  for (const cell of [
    "function logged<T>(value: T, context: DecoratorContext): void {}; @logged class A { @logged m() {} @logged accessor x = 1 }",
    "using file = { [Symbol.dispose]() {} }; await using db = { async [Symbol.asyncDispose]() {} };",
    "const palette = { red: [1, 2, 3] } satisfies Record<string, number[]>; palette.red.length",
    "function tuple<const T extends readonly unknown[]>(value: T): T { return value }; tuple(['a', 1])[0] === 'a'",
    "const enum Flag { On = 1 }; enum Colour { Red = 'red' }; [Flag.On, Colour.Red]",
    "namespace Space { export interface Point { x: number }; export const origin: Point = { x: 0 } }; Space.origin",
    "const later = await Promise.resolve(1); for await (const n of [later]) n.toFixed();",
    "type Shouted<T> = { readonly [K in keyof T & string as Uppercase<K>]?: () => T[K] }; const shouted: Shouted<{ a: 1 }> = { A: () => 1 };",
    "[3, 1].toSorted((a, b) => a - b).at(-1); structuredClone({}); new URL('http://a')",
    "import { basename, type ParsedPath } from 'node:path'; import * as os from 'node:os'; basename(os.tmpdir())",
  ]) {
    assert.deepEqual(errors(cell), [], cell);
  }
});

test("an error is told with its place in the cell, its code and its message", () => {
  const { compile } = notebook();
  const compiled = compile("const n = 1;\n  const s: string = n;");
  assert.equal(compiled.ok, true);
  assert.deepEqual(compiled.diagnostics, [
    {
      code: 2322,
      message: "Type 'number' is not assignable to type 'string'.",
      line: 2,
      column: 9,
      length: 1,
    },
  ]);
});

test("types of every kind of declaration reach later cells", () => {
  const { errors } = notebook();
  errors(`let a: number = 1; const b = 'b'; var c = [1]; function f(x: number): string { return '' }
    class P { x = 1 } interface Q { y: number } type T<X> = X | null; enum E { A }
    namespace N { export type Inner = 1 } const { d, e: [g] } = { d: 1, e: ['g'] }; export const h = 1n;`);
  assert.deepEqual(
    errors("a = 2; c.push(a); const p: P = new P(); const t: T<Q> = { y: p.x + d };"),
    [],
  );
  assert.deepEqual(
    errors("const i: N.Inner = 1; const s: string = f(1) + g + b + h + E.A; t?.y.toFixed()"),
    [],
  );
  for (const [cell, code] of [
    ["a = 'x'", 2322],
    ["b = 'x'", 2588],
    ["f('x')", 2345],
    ["new P().y", 2339],
    ["const q: Q = {}", 2741],
    ["const t2: T<number> = 'x'", 2322],
    ["E.B", 2339],
    ["const w: N.Inner = 2", 2322],
    ["const x: string = d", 2322],
    ["h.toUpperCase()", 2339],
  ] as const) {
    assert.match(errors(cell)[0] ?? "", new RegExp(` ${code}$`), cell);
  }
});

test("let, const, class, function, enum and type can be declared again, and the latest counts", () => {
  const { errors } = notebook();
  const before =
    "let a = 1; const b = 1; class C { one = 1 } function f() { return 1 } enum E { One } type T = 1; interface I { one: 1 }";
  const after =
    "let a = ''; const b = ''; class C { two = 2 } function f() { return '' } enum E { Two } type T = 2; interface I { two: 2 }";
  assert.deepEqual(errors(before), []);
  assert.deepEqual(errors("const getA = () => a"), []);
  assert.deepEqual(errors(after), []);
  assert.deepEqual(
    errors("a = b = f(); new C().two; E.Two; const t: T = 2; const i: I = { two: 2 }"),
    ["1:5 2588"],
  );
  assert.equal(errors("new C().one; E.One; const o: I = { one: 1 }").length, 3);
  assert.deepEqual(errors("const C = 5; C.toFixed(); let B: C"), ["1:34 2749"]);
});

test("a value and a type of one name may come from two cells", () => {
  const { errors } = notebook();
  errors("const User = { name: '' }");
  assert.deepEqual(errors("type User = typeof User; const one: User = { name: 'a' }"), []);
  assert.deepEqual(errors("const two: User = { name: 'b' }; User.name.trim()"), []);
  assert.deepEqual(errors("const three: User = { name: 3 }"), ["1:23 2322"]);
});

test("names that exist only at run time, and modules without types, are no errors", () => {
  const { errors } = notebook();
  Object.assign(globalThis, { madeAtRunTime: 1 });
  assert.deepEqual(errors("madeAtRunTime + 1; import { x } from 'not-installed'; x.y"), []);
  assert.deepEqual(errors("neverMade"), ["1:1 2304"]);
  Reflect.deleteProperty(globalThis, "madeAtRunTime");
});

test("packages of the notebook's folder have types, through exports maps too", () => {
  write(
    "node_modules/mapped/package.json",
    JSON.stringify({
      name: "mapped",
      type: "module",
      exports: { ".": { types: "./main.d.ts", default: "./main.js" }, "./deep": "./lib/deep.js" },
    }),
  );
  write("node_modules/mapped/main.d.ts", "export declare const answer: number;");
  write("node_modules/mapped/main.js", "export const answer = 42;");
  write("node_modules/mapped/lib/deep.js", "export const deep = 1;");
  write("node_modules/mapped/lib/deep.d.ts", "export declare const deep: 'deep';");
  const { errors } = notebook();
  assert.deepEqual(
    errors(
      "import { answer } from 'mapped'; import { deep } from 'mapped/deep'; answer.toFixed(); deep.trim()",
    ),
    [],
  );
  assert.deepEqual(errors("answer.trim(); (await import('mapped')).answer.trim()"), [
    "1:8 2339",
    "1:48 2339",
  ]);
});

test("an edited local file has its new types when it is imported again", () => {
  write("edited.ts", "export const value = 1;");
  write("data.json", '{ "count": 1 }');
  const { errors } = notebook();
  assert.deepEqual(errors("import { value } from './edited.ts'; value.toFixed()"), []);
  assert.deepEqual(
    errors("import data from './data.json' with { type: 'json' }; data.count.toFixed(); data.no"),
    ["1:82 2339"],
  );
  write("edited.ts", "export const value = 'text';");
  utimesSync(join(folder, "edited.ts"), new Date(), new Date(Date.now() + 5000));
  assert.deepEqual(errors("import { value } from './edited.ts'; value.trim(); value.toFixed()"), [
    "1:58 2551",
  ]);
});

test("a cell may add to global types", () => {
  const { errors } = notebook();
  assert.deepEqual(errors("declare global { interface Array<T> { lastOne: T } }"), []);
  assert.deepEqual(errors("[1].lastOne.toFixed()"), []);
});

test("the module tslab has the types of its display interface", () => {
  const { errors } = notebook();
  assert.deepEqual(
    errors(
      "import * as tslab from 'tslab'; tslab.display.html('a'); tslab.newDisplay().png(new Uint8Array(1))",
    ),
    [],
  );
  assert.deepEqual(errors("tslab.display.html(1)"), ["1:20 2345"]);
});

test("JSX is known by itself and needs a factory; generic arrow functions stay what they are", () => {
  const { errors } = notebook();
  assert.deepEqual(errors("const generic = <T>(x: T) => x; const cast = <number>generic(1);"), []);
  assert.deepEqual(errors("const element = <p>{1}</p>"), ["1:18 2874"]);
  const jsx =
    "declare global { namespace JSX { interface IntrinsicElements { [tag: string]: any } } }";
  assert.deepEqual(errors(`${jsx} function h(...parts: any[]) { return parts }`), []);
  assert.deepEqual(errors("const a = 1;\n/** @jsx h */\nconst one = <p>{a}</p>"), []);
  assert.deepEqual(errors("const b = 1; /* @jsx h */ const two = <p>{b}</p>"), []);
  assert.deepEqual(errors("const text = '/** @jsx h */'; <p/>"), ["1:32 2874"]);
});

test("@strict, or the setting, keeps a cell with type errors from running; off looks for none", () => {
  const wrong = "const n: number = 'x'";
  for (const cell of [
    `// @strict\n${wrong}`,
    `// a title\n\n  // @strict: types first\n${wrong}`,
  ]) {
    const compiled = notebook().compile(cell);
    assert.deepEqual([compiled.ok, compiled.diagnostics.length], [false, 1]);
  }
  assert.equal(notebook().compile(`${wrong}\n// @strict`).ok, true);
  assert.equal(notebook("strict").compile(wrong).ok, false);
  assert.deepEqual(notebook("off").compile(wrong).diagnostics, []);
  const { compile, errors } = notebook();
  compile(`// @strict\n${wrong}`);
  assert.deepEqual(errors("n"), ["1:1 2304"]);
  assert.deepEqual(errors(`// @ts-nocheck\n${wrong}`), []);
  assert.deepEqual(errors(`// @ts-expect-error\n${wrong}`), []);
});

test("the setting is read from the environment, and an unknown one refused by name", () => {
  assert.equal(readTypeErrors({}), "show");
  assert.equal(readTypeErrors({ VITRINE_TYPE_ERRORS: "strict" }), "strict");
  assert.throws(() => readTypeErrors({ VITRINE_TYPE_ERRORS: "loud" }), {
    code: "ERR_SETTING",
    message: /show, strict, off, got loud/,
  });
});

test("completion and inspection know what earlier cells declared, as it is now", () => {
  const { language, compile, texts } = notebook();
  compile(
    "/** Counts. */ function tally(n: number): string { return '' } let item = { first: 1, second: '' }",
  );
  const property = { text: "first", kind: "property", signature: "number", documentation: "" };
  assert.deepEqual(language.complete("item.fi", 7), { items: [property], start: 5, end: 7 });
  assert.deepEqual(language.complete("tal", 3).items[0], {
    text: "tally",
    kind: "function",
    signature: "(n: number): string",
    documentation: "Counts.",
  });
  assert.deepEqual(texts("item.second.toU"), ["toUpperCase"]);
  assert.deepEqual(language.inspect("tally", 2), {
    signature: "function tally(n: number): string",
    documentation: "Counts.",
    declaration: "function tally(n: number): string { return '' }",
  });
  compile("let item = 5");
  assert.equal(language.inspect("item", 1)?.signature, "let item: number");
  assert.equal(language.inspect("  ", 1), null);
  assert.equal(language.inspect("unknownName", 3), null);
});

test("the first completions carry signature and documentation of whatever they are", () => {
  const { language, compile } = notebook();
  compile(`import { basename } from 'node:path';
    /** A pair. */ class Pair { constructor(a: number) {} }
    interface Pairs { one: Pair } declare function pairUp(a: string): Pair; declare function pairUp(a: number): Pair;`);
  const described = (code: string, name: string): string[] => {
    const item = language.complete(code, code.length).items.find(({ text }) => text === name);
    assert.ok(item, name);
    return [item.signature, item.documentation.split("\n")[0] ?? ""];
  };
  assert.deepEqual(described("new Pai", "Pair"), ["new (a: number): Pair", "A pair."]);
  assert.deepEqual(described("let p: Pai", "Pairs"), ["", ""]);
  assert.deepEqual(described("pairU", "pairUp"), ["(a: string): Pair (+1 overload)", ""]);
  const [signature, documentation] = described("basen", "basename");
  assert.match(signature ?? "", /^\(path: string, suffix\?: string.*\): string$/);
  assert.match(documentation ?? "", /last portion of a path/);
  const { items } = language.complete("Math.", 5);
  assert.ok(items.length > 40);
  assert.ok(items.slice(0, 30).every((item) => item.signature !== ""));
});

test("in a string a completion replaces the whole key, the whole module, or the last part of a path", () => {
  const { language, compile } = notebook();
  compile("const headers = { 'content-type': 1, 'content-length': 2, host: 3 }");
  write("some-folder/some-module.ts", "export const value = 1;");
  const completed = (code: string): string[] => {
    const { items, start, end } = language.complete(code, code.length);
    return items.map(({ text }) => code.slice(0, start) + text + code.slice(end));
  };
  assert.deepEqual(completed("headers['content-t"), ["headers['content-type"]);
  assert.deepEqual(completed('headers["'), [
    'headers["content-length',
    'headers["content-type',
    'headers["host',
  ]);
  assert.deepEqual(completed("import {} from 'node:f"), [
    "import {} from 'node:fs",
    "import {} from 'node:fs/promises",
  ]);
  assert.deepEqual(completed("import {} from './some-folder/some-m"), [
    "import {} from './some-folder/some-module",
  ]);
  assert.deepEqual(completed("const s: 'on-top' | 'below' = 'on-"), [
    "const s: 'on-top' | 'below' = 'on-top",
  ]);
});

/** Calls `count` for every node, symbol, type and signature that the compiler makes until it is told to stop. */
function onCompilerObjects(count: () => void): () => void {
  const allocator = typescript().objectAllocator as unknown as Record<string, () => object>;
  const originals = { ...allocator };
  const construct = <Made extends object>(target: object, given: unknown[], made: object): Made => {
    count();
    return Reflect.construct(target as new () => Made, given, made as new () => Made);
  };
  for (const [name, original] of Object.entries(originals))
    allocator[name] = () => new Proxy(original(), { construct });
  return () => void Object.assign(allocator, originals);
}

test("a cell costs the compiler the same, and is linked to no more names, however many came before it", () => {
  let made = 0;
  const stop = onCompilerObjects(() => {
    made += 1;
  });
  const cells = new CellTypes(typescript(), { cwd: folder, modules: {} });
  const madeFor = (from: number, to: number): number => {
    const before = made;
    for (let i = from; i < to; i++) {
      const cell = cells.open(`const value${i} = ${i}; value${Math.max(0, i - 1)} + value${i}`);
      assert.ok((cell.file.locals?.size ?? 0) <= 2, "its own name and the one before");
      assert.deepEqual(cells.check(cell), []);
      cells.rewrite(cell, new Set());
      cells.remember(cell);
    }
    return made - before;
  };
  try {
    madeFor(0, 50); // the libraries, too
    const early = madeFor(50, 250); // a new checker in either
    const late = madeFor(250, 450);
    assert.ok(early > 10 * 200, `${early} objects`);
    assert.ok(late <= 1.05 * early, `expected ${early} objects for 200 cells, got ${late}`);
  } finally {
    cells.close();
    stop();
  }
});

test("a cell whose names were all declared again is forgotten, syntax tree and all", async () => {
  const cells = new CellTypes(typescript(), { cwd: folder, modules: {} });
  after(() => cells.close());
  const files: WeakRef<object>[] = [];
  for (let index = 0; index < 450; index++) {
    const cell = cells.open(`let x${index % 10} = ${index}; x${index % 10}`);
    cells.check(cell);
    cells.rewrite(cell, new Set());
    cells.remember(cell);
    files.push(new WeakRef(cell.file));
    // What a weak reference was made for or read in one turn lives to its end.
    if (index % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
  }
  collectGarbage();
  const kept = files.flatMap((file, index) => (file.deref() === undefined ? [] : index));
  assert.ok(kept.includes(449), "the last one is there");
  // V8's compiled code may hold one that it met as a constant for as long as it likes.
  const forgotten = kept.filter((index) => index < 390);
  assert.ok(forgotten.length <= 2, `expected none before the last checker, got cells ${forgotten}`);
});
