import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { installKernelspec } from "../../kernel/install/index.ts";
import { runPythonChecks } from "../fixtures/kernel/runClientChecks.ts";

/** Tests of jupyter_kernel_test 0.4 and newer, plus the notebook. */
const LEAST_TESTS = 13;

const repository = fileURLToPath(new URL("../..", import.meta.url));
const prefix = mkdtempSync(join(tmpdir(), "vitrine-prefix-"));
after(() => rmSync(prefix, { recursive: true, force: true }));

test("jupyter_kernel_test and nbclient find nothing to object to", async (t) => {
  await installKernelspec({ prefix }, join(repository, "dist", "kernel.js"));
  const script = join(repository, "test", "conformance", "jupyter_kernel_test_check.py");
  const notebook = join(repository, "notebooks", "01-first-look.ipynb");
  const checks = await runPythonChecks(t, [script, notebook], prefix);
  assert.ok(checks.length >= LEAST_TESTS, `expected every test to report, got ${checks.length}`);
});
