import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { checkedNotebook } from "../fixtures/kernel/checkedNotebook.ts";
import { keepLibraries } from "../fixtures/kernel/keepLibraries.ts";

keepLibraries();

/** A folder with these files, whose name has no links in it. */
function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "vitrine-imports-")));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/**
 * (module (import "./host.mjs" "offset" (global i32)) (global (export "answer") i32 (i32.const 42))
 *   (func (export "add") (param i32 i32) (result i32) the sum of both and of the offset))
 */
const WASM = Buffer.from(
  "AGFzbQEAAAABBwFgAn9/AX8CFgEKLi9ob3N0Lm1qcwZvZmZzZXQDfwADAgEABgYBfwBBKgsHEAIDYWRkAAAGYW5zd2VyAwEKDAEKACAAIAFqIwBqCw==",
  "base64",
);

test("a name that a local file does not export is told, and a cell that reads it fails by that name", async () => {
  const folder = folderWith({
    "lib.ts": "export const named = 4;\n",
    "old.ts": "module.exports = { named: 4 };\n",
  });
  const { errors, runUnchecked } = checkedNotebook(folder);
  assert.deepEqual(errors('import { nmaed } from "./lib.ts"; nmaed'), ["1:10 2724"]);
  assert.deepEqual(errors('import { quite } from "./lib.ts"; import lib from "./lib.ts"'), [
    "1:10 2305",
    "1:42 1192",
  ]);
  await assert.rejects(runUnchecked('import { nmaed } from "./lib.ts"; nmaed'), {
    name: "ReferenceError",
    message: "The module './lib.ts' does not export 'nmaed'",
  });
  assert.equal(await runUnchecked('import { named } from "./old.ts"; named'), 4);
});

test("a path finds the file that TypeScript finds, at run time as for the types", async () => {
  const folder = folderWith({
    "a.ts": "export const a: 'a.ts' = 'a.ts';\n",
    "both.ts": "export const both: 'both.ts' = 'both.ts';\n",
    "both.tsx": "export const both: 'both.tsx' = 'both.tsx';\n",
    "plain.js": "export const plain = 'plain.js';\n",
    "dir/index.ts": "export { a as inner } from '../a';\n",
    "dir/user.ts": "import { a } from '../a.js'; export const used: string = a + ' used';\n",
    "view.tsx": "export const view: 'view.tsx' = 'view.tsx';\n",
  });
  const { run } = checkedNotebook(folder);
  assert.equal(await run('import { a } from "./a"; const one: "a.ts" = a; one'), "a.ts");
  assert.equal(await run('import { a as b } from "./a.js"; const two: "a.ts" = b; two'), "a.ts");
  assert.equal(await run('import { both } from "./both"; const c: "both.ts" = both; c'), "both.ts");
  assert.equal(await run('import { plain } from "./plain"; plain.trim()'), "plain.js");
  assert.equal(await run('import { inner } from "./dir"; const d: "a.ts" = inner; d'), "a.ts");
  assert.equal(await run('import { used } from "./dir/user"; used.trim()'), "a.ts used");
  assert.equal(
    await run('import { view } from "./view.jsx"; const e: "view.tsx" = view; e'),
    "view.tsx",
  );
  assert.equal(await run('(await import("./a")).a === (await import("./a.ts")).a'), true);
  assert.equal(await run('import whole = require("./a"); whole.a.length'), 4);
  await assert.rejects(run('import { nothing } from "./nothing"'), {
    code: "ERR_MODULE_NOT_FOUND",
  });
});

test("paths and baseUrl of the nearest tsconfig.json are names of files", async () => {
  const folder = folderWith({
    "tsconfig.json": '{ "extends": "./config/base.json" }',
    "config/base.json": `{ // as people write it
      "compilerOptions": { "paths": { "@lib/*": ["../src/*"], "exact": ["../src/q.ts"] } } }`,
    "src/q.ts": "export const q: 'q' = 'q';\n",
    "src/chain.ts": "import { q } from '@lib/q'; export const chained = q + '!';\n",
    "src/plain.js": "import { q } from '@lib/q'; export const plainly = q;\n",
    "notebooks/here.ts": "export const here = 1;\n",
    "based/tsconfig.json": '{ "compilerOptions": { "baseUrl": "./root" } }',
    "based/root/deep/z.ts": "export const z: 'z' = 'z';\n",
    "node_modules/pack/package.json":
      '{ "name": "pack", "type": "module", "exports": "./pack.js" }',
    "node_modules/pack/pack.js": "export const pack = 1;\n",
  });
  const { run } = checkedNotebook(join(folder, "notebooks"));
  assert.equal(await run('import { q } from "@lib/q"; const one: "q" = q; one'), "q");
  assert.equal(await run('import { q as again } from "exact"; const two: "q" = again; two'), "q");
  assert.equal(await run('import { chained } from "@lib/chain"; chained.trim()'), "q!");
  assert.equal(await run('import { plainly } from "@lib/plain"; plainly'), "q");
  assert.equal(await run('import { pack } from "pack"; pack'), 1);
  await assert.rejects(run('import "@lib/nothing"'), { code: "ERR_MODULE_NOT_FOUND" });
  const based = checkedNotebook(join(folder, "based"));
  assert.equal(await based.run('import { z } from "deep/z"; const three: "z" = z; three'), "z");
  assert.equal(
    await based.run('import { pack } from "pack"; import { sep } from "node:path"; pack'),
    1,
  );
});

test("texts, bytes and JSON are imported by attribute, .txt and .json by their names alone", async () => {
  const folder = folderWith({
    "notes.txt": "\uFEFFsome text",
    "page.md": "# Title",
    "data.json": '{ "count": 3 }',
    "code.ts": "export const code = 1;",
    "user.ts": `import page from "./page.md" with { type: "text" }; import notes from "./notes.txt";
      import bytes from "./page.md" with { type: "bytes" }; export const all: string = page + notes + bytes.length;\n`,
    "plain.js": 'import page from "./page.md" with { type: "text" }; export const page2 = page;\n',
  });
  const { run, errors } = checkedNotebook(folder);
  const cells: [string, unknown][] = [
    ['import notes from "./notes.txt" with { type: "text" }; notes.trim()', "some text"],
    ['import same from "./notes.txt"; same.trim()', "some text"],
    ['import page from "./page.md" with { type: "text" }; page.trim()', "# Title"],
    ['import code from "./code.ts" with { type: "text" }; code.trim()', "export const code = 1;"],
    ['import bytes from "./page.md" with { type: "bytes" }; bytes.byteLength', 7],
    ['import data from "./data.json"; data.count.toFixed()', "3"],
    ['import { count } from "./data.json" with { type: "json" }; count', 3],
    ['(await import("./page.md", { with: { type: "text" } })).default', "# Title"],
    ['import { all } from "./user"; all.slice(0, 7)', "# Title"],
    ['import { page2 } from "./plain.js"; page2', "# Title"],
  ];
  for (const [cell, value] of cells) assert.equal(await run(cell), value, cell);
  assert.deepEqual(errors("notes.toFixed(); page.toFixed(); bytes.trim(); code.code"), [
    "1:7 2551",
    "1:23 2551",
    "1:40 2339",
    "1:53 2339",
  ]);
  await assert.rejects(run('import page3 from "./page.md"'), {
    code: "ERR_IMPORT",
    message:
      /^import ".\/page.md": expected a module, got a file of the kind \.md\. Import its text with/,
  });
  await assert.rejects(run('import page4 from "./page.md" with { type: "css" }'), {
    code: "ERR_IMPORT",
    message: /expected "json", "text" or "bytes" as type, got "css"\./,
  });
  const path = join(folder, "page.md");
  writeFileSync(path, "# Edited");
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
  assert.equal(await run('import { all } from "./user"; all.slice(0, 8)'), "# Edited");
});

test("a WebAssembly file is a module of its exports, the same one for cells and local files", async () => {
  const folder = folderWith({
    "sum.wasm": WASM,
    "host.mjs": "export const offset = 100;\n",
    "user.ts":
      'import { add } from "./sum.wasm"; export const three = add(1, 2); export { add };\n',
    "broken.wasm": "no module",
  });
  const { run, errors } = checkedNotebook(folder);
  assert.deepEqual(
    await run('import { add, answer } from "./sum.wasm"; [add(1, 2), answer]'),
    [103, 42],
  );
  assert.equal(
    await run('import { three, add as same } from "./user"; three + Number(same === add)'),
    104,
  );
  assert.deepEqual(errors('import { minus } from "./sum.wasm"; add.trim()'), [
    "1:10 2305",
    "1:41 2339",
  ]);
  await assert.rejects(run('import "./broken.wasm"'), /WebAssembly\.Module/);
});

test("what Deno would fetch is answered with what to do here", async () => {
  const folder = folderWith({ "user.ts": 'import "npm:zod";\n' });
  const { run } = checkedNotebook(folder);
  const answers: [string, RegExp][] = [
    [
      "npm:zod",
      /^import "npm:zod": .*Run "npm install zod" in the folder of the notebook and import "zod"\.$/,
    ],
    ["npm:@a/b@^1.2/deep/er", /Run "npm install @a\/b@\^1\.2" .* import "@a\/b\/deep\/er"\.$/],
    ["jsr:@std/assert@1", /Run "npx jsr add @std\/assert@1" .* import "@std\/assert"\.$/],
    ["https://esm.sh/zod", /got the address of a page\. Install the package with npm/],
  ];
  for (const [specifier, message] of answers) {
    await assert.rejects(run(`import * as z from "${specifier}"`), { code: "ERR_IMPORT", message });
    await assert.rejects(run(`await import("${specifier}")`), { code: "ERR_IMPORT", message });
  }
  await assert.rejects(run('import "./user"'), /Run "npm install zod"/);
});
