import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { checkpointsPage } from "../../scripts/checkpoints/checkpointsPage.ts";

/** Without what aligns the columns of tables. */
const loose = (text: string): string =>
  text
    .replaceAll(/-+/g, "-")
    .replaceAll(/[ \t]+/g, " ")
    .trim();

test("docs/checkpoints.md is what scripts/checkpointsPage.ts writes", () => {
  const page = readFileSync(inRepository("docs/checkpoints.md"), "utf8");
  assert.equal(loose(page), loose(checkpointsPage()));
});
