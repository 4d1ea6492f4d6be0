import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { installKernelspec, uninstallKernelspec } from "../../kernel/install/index.ts";
import { findJupyterPython } from "../../scripts/test/findJupyterPython.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const script = join(repository, "dist", "kernel.js");

interface Check {
  readonly name: string;
  readonly failure: string | null;
  readonly seconds: number;
}

const prefix = mkdtempSync(join(tmpdir(), "vitrine-prefix-"));
const folder = mkdtempSync(join(tmpdir(), "vitrine-notebook-"));
after(() => {
  for (const path of [prefix, folder]) rmSync(path, { recursive: true, force: true });
});

const FIXTURES: Record<string, string> = {
  "local.ts": "export const twice = (n: number): number => n * 2;\n",
  "local.mjs": "const three = await Promise.resolve(3);\nexport const thrice = (n) => n * three;\n",
  "data.json": '{ "name": "from json" }\n',
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

test("jupyter_client drives the installed kernel", { timeout: 300_000 }, async (t) => {
  assert.ok(existsSync(script), `expected ${script}, got nothing. Run npm run build first.`);
  for (const [name, text] of Object.entries(FIXTURES)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const spec = await installKernelspec({ prefix }, script);
  assert.equal(spec, join(prefix, "share", "jupyter", "kernels", "vitrine"));

  const python = findJupyterPython();
  assert.ok(python, "expected a Python with jupyter_client, got none.");
  const client = spawnSync(
    python,
    [
      join(repository, "test", "conformance", "jupyter_client_check.py"),
      folder,
      join(repository, "kernel", "display", "anywidget.ts"),
    ],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        JUPYTER_PATH: join(prefix, "share", "jupyter"),
        JUPYTER_DATA_DIR: join(prefix, "data"),
      },
      timeout: 280_000,
      killSignal: "SIGKILL",
    },
  );
  const checks = client.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Check);
  for (const { name, failure } of checks) {
    await t.test(name, () => assert.equal(failure, null, failure ?? undefined));
  }
  assert.equal(client.status, 0, client.stderr);
  assert.ok(checks.length >= 46, `expected every check to report, got ${checks.length}`);
  assert.equal(await uninstallKernelspec({ prefix }), spec);
  assert.equal(existsSync(spec), false);
});
