import assert from "node:assert/strict";
import { test } from "node:test";
import { History } from "../../kernel/session/history.ts";

function history(): History {
  const made = new History();
  for (const [index, input] of ["a", "b", "a", "c"].entries()) made.add(index + 1, input);
  return made;
}
const inputs = (request: Parameters<History["query"]>[0]): unknown[] =>
  history()
    .query(request)
    .map(([, , input]) => input);

test("a pattern, and the wish for each input once, are for a search alone", () => {
  assert.deepEqual(inputs({ hist_access_type: "tail", n: 9, pattern: "a" }), ["a", "b", "a", "c"]);
  assert.deepEqual(inputs({ hist_access_type: "tail", n: 9, unique: true }), ["a", "b", "a", "c"]);
  assert.deepEqual(inputs({ hist_access_type: "search", pattern: "a" }), ["a", "a"]);
  assert.deepEqual(inputs({ hist_access_type: "search", unique: true }), ["b", "a", "c"]);
});

test("as many of the latest come as were asked for, none for 0, all where nothing is said", () => {
  assert.deepEqual(inputs({ hist_access_type: "tail", n: 2 }), ["a", "c"]);
  assert.deepEqual(inputs({ hist_access_type: "tail", n: 0 }), []);
  assert.deepEqual(inputs({ hist_access_type: "tail", n: -1 }), []);
  assert.deepEqual(inputs({ hist_access_type: "tail" }), ["a", "b", "a", "c"]);
});

test("a range begins with its start and ends before its stop", () => {
  const range = { hist_access_type: "range", session: 0 };
  assert.deepEqual(inputs({ ...range, start: 2, stop: 4 }), ["b", "a"]);
  assert.deepEqual(inputs({ ...range, start: 3 }), ["a", "c"]);
  assert.deepEqual(inputs(range), ["a", "b", "a", "c"]);
  assert.deepEqual(inputs({ ...range, session: 1 }), ["a", "b", "a", "c"]);
  assert.deepEqual(inputs({ ...range, session: 2 }), []);
});
