import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const NOTEBOOK = inRepository("notebooks/03-induction.ipynb");

test("the notebook of induction comes out as it was saved, its claims with it", async (t) => {
  const folder = await temporaryFolder(t);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRepository("bin/vitrine.mjs"), "verify", NOTEBOOK],
    { cwd: folder, encoding: "utf8", env: { ...process.env, JUPYTER_DATA_DIR: folder } },
  );
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /03-induction\.ipynb: \d+ the same, 0 different\n$/);
});
