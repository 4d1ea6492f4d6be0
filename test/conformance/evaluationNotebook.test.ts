import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

test("vitrine verify finds the notebook of an evaluation as it was saved", async (t) => {
  const folder = await temporaryFolder(t);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRepository("bin/vitrine.mjs"), "verify", inRepository("notebooks/06-evaluation.ipynb")],
    { cwd: folder, encoding: "utf8", env: { ...process.env, JUPYTER_DATA_DIR: folder } },
  );
  assert.equal(status, 0, stdout + stderr);
  assert.match(
    stdout,
    /06-evaluation\.ipynb: \d+ the same, 0 different(, \d+ volatile cells? not compared)?\n$/,
  );
});
