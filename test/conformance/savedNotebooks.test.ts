import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

/** Notebooks whose numbers are the same on every machine; their last cells throw where a claim is false. */
const SAVED = ["13-tools.ipynb", "14-retrieval.ipynb", "16-training-at-scale.ipynb"];

describe("notebooks come out as they were saved, their claims with them", () => {
  for (const name of SAVED)
    test(name, async (t) => {
      const folder = await temporaryFolder(t);
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [inRepository("bin/vitrine.mjs"), "verify", inRepository("notebooks", name)],
        { cwd: folder, encoding: "utf8", env: { ...process.env, JUPYTER_DATA_DIR: folder } },
      );
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, /: \d+ the same, 0 different\n$/);
    });
});
