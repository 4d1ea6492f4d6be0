import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { runClientChecks } from "../fixtures/kernel/runClientChecks.ts";

const prefix = mkdtempSync(join(tmpdir(), "vitrine-prefix-"));
const folder = mkdtempSync(join(tmpdir(), "vitrine-notebook-"));
after(() => {
  for (const path of [prefix, folder]) rmSync(path, { recursive: true, force: true });
});

test("the examples of the page about output run as they stand there, and show something", async (t) => {
  symlinkSync(inRepository("node_modules"), join(folder, "node_modules"), "junction");
  const script = "notebooks_page_check.py";
  const { checks } = await runClientChecks(t, { script, prefix, folder });
  assert.ok(checks.length >= 15, `expected every example to report, got ${checks.length}`);
});
