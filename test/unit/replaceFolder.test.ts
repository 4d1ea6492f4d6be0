import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { replaceFolder } from "../../scripts/site/replaceFolder.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

test("a folder is replaced as a whole, once its successor is", async (t) => {
  const around = await temporaryFolder(t);
  const out = join(around, "new", "site");
  assert.equal(
    await replaceFolder(out, async (folder) => {
      writeFileSync(join(folder, "first.html"), "1");
      return 1;
    }),
    1,
  );
  await replaceFolder(out, async (folder) => {
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(readFileSync(join(out, "first.html"), "utf8"), "1", "read while the next is made");
    writeFileSync(join(folder, "second.html"), "2");
  });
  assert.deepEqual(readdirSync(out), ["second.html"]);
  assert.deepEqual(readdirSync(join(around, "new")), ["site"]);
});

test("one that fails leaves the folder as it was, and nothing beside it", async (t) => {
  const around = await temporaryFolder(t);
  const out = join(around, "site");
  mkdirSync(out);
  writeFileSync(join(out, "first.html"), "1");
  await assert.rejects(
    replaceFolder(out, async (folder) => {
      writeFileSync(join(folder, "second.html"), "2");
      throw new Error("a link leads nowhere");
    }),
    /a link leads nowhere/,
  );
  assert.equal(readFileSync(join(out, "first.html"), "utf8"), "1");
  assert.deepEqual(readdirSync(around), ["site"]);
});
