import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHitCondition } from "../../kernel/debugger/hitCondition.ts";
import { parseLogMessage } from "../../kernel/debugger/logMessage.ts";

test("a hit condition names the hits that stop", () => {
  const stops = (text: string): number[] => {
    const isHit = parseHitCondition(text);
    assert.ok(isHit, text);
    return [1, 2, 3, 4, 5, 6].filter(isHit);
  };
  assert.deepEqual(stops("3"), [3]);
  assert.deepEqual(stops(" == 3 "), [3]);
  assert.deepEqual(stops("=3"), [3]);
  assert.deepEqual(stops(">4"), [5, 6]);
  assert.deepEqual(stops(">= 4"), [4, 5, 6]);
  assert.deepEqual(stops("< 3"), [1, 2]);
  assert.deepEqual(stops("<=3"), [1, 2, 3]);
  assert.deepEqual(stops("%2"), [2, 4, 6]);
  for (const text of ["", "often", "% 0", "-1", "3.5", "!= 3", "> i"]) {
    assert.equal(parseHitCondition(text), null, text);
  }
});

test("a log message is text with expressions in braces", () => {
  assert.deepEqual(parseLogMessage("total is {total}"), [
    { text: "total is " },
    { expression: "total" },
  ]);
  assert.deepEqual(parseLogMessage("{ ({ a: 1 }).a }{b}!"), [
    { expression: "({ a: 1 }).a" },
    { expression: "b" },
    { text: "!" },
  ]);
  assert.deepEqual(parseLogMessage("a } b {} { c"), [{ text: "a } b {} { c" }]);
  assert.deepEqual(parseLogMessage(""), []);
});
