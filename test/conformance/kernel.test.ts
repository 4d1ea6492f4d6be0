import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { uninstallKernelspec } from "../../kernel/install/index.ts";
import { assertRowsShown } from "../fixtures/kernel/assertRowsShown.ts";
import { runClientChecks } from "../fixtures/kernel/runClientChecks.ts";

const prefix = mkdtempSync(join(tmpdir(), "vitrine-prefix-"));
const folder = mkdtempSync(join(tmpdir(), "vitrine-notebook-"));
after(() => {
  for (const path of [prefix, folder]) rmSync(path, { recursive: true, force: true });
});

const FIXTURES: Record<string, string> = {
  "local.ts": "export const twice = (n: number): number => n * 2;\n",
  "local.mjs": "const three = await Promise.resolve(3);\nexport const thrice = (n) => n * three;\n",
  "data.json": '{ "name": "from json" }\n',
  "tsconfig.json": '{ "compilerOptions": { "paths": { "@here/*": ["./src/*"] } } }\n',
  "src/aliased.ts": "export { twice as double } from '../local';\n",
  "page.md": "# Title\n",
  "node_modules/esm-only/package.json": JSON.stringify({
    name: "esm-only",
    type: "module",
    exports: { "./deep": { types: "./types.d.ts", import: "./lib/deep.js" } },
  }),
  "node_modules/esm-only/lib/deep.js": "export const answer = await Promise.resolve(42);\n",
  "node_modules/esm-only/types.d.ts": "export declare const answer: number;\n",
  "node_modules/no-types/package.json": JSON.stringify({
    name: "no-types",
    type: "module",
    exports: "./index.js",
  }),
  "node_modules/no-types/index.js": "export const untyped = (n) => n + 1;\n",
};

test("jupyter_client drives the installed kernel", async (t) => {
  for (const [name, text] of Object.entries(FIXTURES)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const script = "jupyter_client_check.py";
  const { spec, checks } = await runClientChecks(t, { script, prefix, folder });
  assert.equal(spec, join(prefix, "share", "jupyter", "kernels", "vitrine"));
  await t.test("the page about the protocol says what these checks show", () =>
    assertRowsShown(script, checks),
  );
  assert.equal(await uninstallKernelspec({ prefix }), spec);
  assert.equal(existsSync(spec), false);
});
