import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson, TooDeepError } from "../../kernel/server/json/parseJson.ts";

const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;

test("a text nested too deep is refused, however deep", () => {
  for (const depth of [501, 100_000, 1_000_000]) {
    assert.throws(() => parseJson(nested(depth)), TooDeepError, `${depth}`);
    assert.throws(() => parseJson(`{"a":${nested(depth)}}`), TooDeepError, `${depth}`);
  }
  assert.deepEqual(parseJson(nested(500)), JSON.parse(nested(500)));
  assert.throws(() => parseJson("{"), SyntaxError);
});
