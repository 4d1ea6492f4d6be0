import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { installKernelspec } from "../../kernel/install/index.ts";
import { findJupyterPython } from "../../scripts/test/findJupyterPython.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const script = join(repository, "dist", "kernel.js");
const prefix = mkdtempSync(join(tmpdir(), "vitrine-prefix-"));
after(() => rmSync(prefix, { recursive: true, force: true }));

test("jupyter_client debugs the installed kernel", { timeout: 200_000 }, async (t) => {
  assert.ok(existsSync(script), `expected ${script}, got nothing. Run npm run build first.`);
  await installKernelspec({ prefix }, script);
  const python = findJupyterPython();
  assert.ok(python, "expected a Python with jupyter_client, got none.");
  const client = spawnSync(
    python,
    [
      join(repository, "test", "conformance", "debugger_check.py"),
      prefix,
      join(repository, "kernel", "display", "anywidget.ts"),
    ],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        JUPYTER_PATH: join(prefix, "share", "jupyter"),
        JUPYTER_DATA_DIR: join(prefix, "data"),
      },
      timeout: 180_000,
      killSignal: "SIGKILL",
    },
  );
  const checks = client.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { name: string; failure: string | null });
  for (const { name, failure } of checks) {
    await t.test(name, () => assert.equal(failure, null, failure ?? undefined));
  }
  assert.equal(client.status, 0, client.stderr);
  assert.ok(checks.length >= 11, `expected every check to report, got ${checks.length}`);
});
