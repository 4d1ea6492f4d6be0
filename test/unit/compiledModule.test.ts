import assert from "node:assert/strict";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import { test } from "node:test";
import { type CompiledModule, loadCompiled } from "../../kernel/language/compiledModule.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const text = (told: string): string => `
const { sep } = require("node:path");
exports.told = () => ["${told}", sep, __filename, module.filename, this === exports];
`;

/** A module in a folder of its own, and a way to load it as a process does that has not loaded it before. */
async function written(t: Parameters<typeof temporaryFolder>[0], source: string) {
  const folder = await temporaryFolder(t);
  const [file, kept] = [join(folder, "module.cjs"), join(folder, "kept")];
  writeFileSync(file, source);
  const require = createRequire(file);
  const load = (place = kept): CompiledModule => {
    delete require.cache[file];
    return loadCompiled(file, place);
  };
  const told = (module: CompiledModule): unknown => (module.exports as { told(): unknown }).told();
  const keptFile = (): string => join(kept, readdirSync(kept)[0] as string);
  return { folder, file, kept, require, load, told, keptFile };
}

test("compiled code that one load keeps is what the next one runs, and the module is the one that others require", async (t) => {
  const { file, kept, require, load, told } = await written(t, text("a"));
  const first = load();
  assert.equal(first.isKept, false);
  const result = told(first);
  first.keep();
  first.keep();
  assert.equal(readdirSync(kept).length, 1);
  const second = load();
  assert.equal(second.isKept, true);
  assert.deepEqual(told(second), result);
  assert.deepEqual(result, ["a", sep, file, file, true]);
  assert.equal(require(file), second.exports);
  assert.equal(loadCompiled(file, kept).exports, second.exports);
});

test("another text is compiled anew, whether or not it is as long and as old", async (t) => {
  const { file, load, told } = await written(t, text("a"));
  load().keep();
  for (const [name, time] of [
    ["b", 1_000],
    ["longer", 1_000],
    ["longex", 2_000],
  ] as const) {
    writeFileSync(file, text(name));
    utimesSync(file, time, time);
    const module = load();
    assert.equal(module.isKept, false, name);
    assert.equal((told(module) as string[])[0], name);
    module.keep();
  }
});

test("code that is damaged or cut short is not run, and is kept anew", async (t) => {
  const { load, told, keptFile } = await written(t, text("a"));
  load().keep();
  const whole = readFileSync(keptFile());
  const damaged = Buffer.from(whole);
  damaged[whole.length >> 1] = (damaged[whole.length >> 1] as number) ^ 1;
  for (const bytes of [damaged, whole.subarray(0, whole.length >> 1), Buffer.alloc(0)]) {
    writeFileSync(keptFile(), bytes);
    const module = load();
    assert.equal(module.isKept, false);
    assert.equal((told(module) as string[])[0], "a");
    module.keep();
    assert.equal(load().isKept, true);
  }
});

test("a folder that takes no file keeps nothing, and one that does holds the newest four", async (t) => {
  const { folder, file, kept, load, told } = await written(t, text("a"));
  const none = join(folder, "none");
  writeFileSync(none, "a file");
  const module = load(none);
  module.keep();
  assert.equal(load(none).isKept, false);
  assert.equal((told(module) as string[])[0], "a");
  for (let time = 1; time <= 6; time++) {
    utimesSync(file, time, time);
    load().keep();
    for (const name of readdirSync(kept)) assert.match(name, /^module\.cjs\.[0-9a-f]{16}$/);
  }
  assert.equal(readdirSync(kept).length, 4);
  assert.equal(load().isKept, true);
});

test("a module that throws is not there for the next who asks", async (t) => {
  const { file, require, load } = await written(t, `throw new Error("broken");`);
  assert.throws(() => load(), /broken/);
  assert.equal(require.cache[file], undefined);
});
