import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { apiPage } from "../../scripts/api/apiPage.ts";
import { inRepository } from "../../scripts/build/repository.ts";

test("docs/api.md is what scripts/apiPage.ts writes", () => {
  assert.equal(readFileSync(inRepository("docs/api.md"), "utf8"), apiPage());
});
