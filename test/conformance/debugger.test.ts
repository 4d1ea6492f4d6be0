import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runClientChecks } from "../fixtures/kernel/runClientChecks.ts";

const prefix = mkdtempSync(join(tmpdir(), "vitrine-prefix-"));
after(() => rmSync(prefix, { recursive: true, force: true }));

test("jupyter_client debugs the installed kernel", { timeout: 300_000 }, async (t) => {
  const script = "debugger_check.py";
  const { checks } = await runClientChecks(t, { script, prefix, folder: prefix });
  assert.ok(checks >= 16, `expected every check to report, got ${checks}`);
});
