import assert from "node:assert/strict";
import { test } from "node:test";
import { withIdsByToken } from "../../engine/tokenizer/idsByToken.ts";

test("ids of a vocabulary stand in a Map, names of numbers and of prototypes too", () => {
  const tokenizer = JSON.parse(
    '{"version":"1.0","model":{"type":"BPE","vocab":{"b":2,"7":0,"__proto__":1,"constructor":3}}}',
  );
  const { version, model } = withIdsByToken(tokenizer);
  assert.equal(version, "1.0");
  const { type, vocab } = model as { type: string; vocab: Map<string, number> };
  assert.equal(type, "BPE");
  assert.deepEqual(
    [...vocab].sort(([, a], [, b]) => a - b),
    [
      ["7", 0],
      ["__proto__", 1],
      ["b", 2],
      ["constructor", 3],
    ],
  );
  assert.ok(!(tokenizer.model.vocab instanceof Map), "what was given stays as it was");
});

test("what has no such object stays what it is, for the checks behind", () => {
  for (const tokenizer of [{}, { model: null }, { model: { vocab: [["a", -1]] } }, { model: [] }])
    assert.equal(withIdsByToken(tokenizer), tokenizer);
  const twice = withIdsByToken({ model: { vocab: { a: 0 } } });
  assert.equal(withIdsByToken(twice), twice);
});
