import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { installKernelspec } from "../../kernel/install/index.ts";
import { findJupyterPython } from "../../scripts/test/findJupyterPython.ts";

/** Tests of jupyter_kernel_test 0.4 and newer, plus the notebook. */
const LEAST_TESTS = 13;

const repository = fileURLToPath(new URL("../..", import.meta.url));
const prefix = mkdtempSync(join(tmpdir(), "vitrine-prefix-"));
after(() => rmSync(prefix, { recursive: true, force: true }));

test("jupyter_kernel_test and nbclient find nothing to object to", {
  timeout: 400_000,
}, async (t) => {
  const python = findJupyterPython();
  assert.ok(python, "expected a Python with jupyter_kernel_test and nbclient, got none.");
  await installKernelspec({ prefix }, join(repository, "dist", "kernel.js"));
  const run = spawnSync(
    python,
    [
      join(repository, "test", "conformance", "jupyter_kernel_test_check.py"),
      join(repository, "notebooks", "01-first-look.ipynb"),
    ],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        JUPYTER_PATH: join(prefix, "share", "jupyter"),
        JUPYTER_DATA_DIR: join(prefix, "data"),
      },
      timeout: 380_000,
      killSignal: "SIGKILL",
    },
  );
  const checks = run.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { name: string; failure: string | null });
  for (const { name, failure } of checks) {
    await t.test(name, () => assert.equal(failure, null, failure ?? undefined));
  }
  assert.equal(run.status, 0, run.stderr);
  assert.ok(checks.length >= LEAST_TESTS, `expected every test to report, got ${checks.length}`);
});
