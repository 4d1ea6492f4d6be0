import assert from "node:assert/strict";
import { test } from "node:test";
import { type CommonPrefix, commonPrefixes } from "../../engine/execute/commonPrefixes.ts";
import fc from "../fixtures/fastCheck.ts";

/** Rows as of a model with one form of attention: a prompt of ids. */
const rows = (...ids: readonly number[]) => Int32Array.of(0, ...ids);
const count = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);
const lengths = (found: readonly (CommonPrefix | null)[]) =>
  found.map((prefix) => prefix?.nTokens ?? 0);
const find = (prompts: readonly Int32Array[], most = 8) => commonPrefixes(prompts, { most });

test("prompts share all rows before the last id that they have in common", () => {
  const head = count(100);
  const prompts = [rows(...head, 1, 2), rows(...head, 3), rows(...head)];
  const found = find(prompts);
  assert.deepEqual(lengths(found), [99, 99, 99]); // row 99 scores ids that differ
  assert.equal(found[0], found[1]);
  assert.deepEqual(found[0]?.prompts, [0, 1, 2]);
  assert.equal(found[0]?.parent, null);
});

test("equal prompts share all rows but the last", () => {
  assert.deepEqual(lengths(find([rows(...count(80)), rows(...count(80))])), [79, 79]);
});

test("what would save less than a step is not shared", () => {
  assert.deepEqual(lengths(find([rows(...count(65)), rows(...count(65))])), [64, 64]);
  assert.deepEqual(lengths(find([rows(...count(64)), rows(...count(64))])), [0, 0]);
  assert.deepEqual(lengths(find(Array.from({ length: 9 }, (_, i) => rows(...count(9), i)))), [
    ...Array(9).fill(8), // 8 rows, saved 8 times
  ]);
  assert.deepEqual(lengths(find([])), []);
  assert.deepEqual(lengths(find([rows(5), rows(5), rows(), rows()])), [0, 0, 0, 0]);
});

test("another first number (rotary tables) or form of attention ends what is shared", () => {
  const head = count(100);
  assert.deepEqual(lengths(find([Int32Array.of(1, ...head), Int32Array.of(2, ...head)])), [0, 0]);
});

test("groups with a longer prefix go on from the one of all", () => {
  const head = count(100);
  const group = (start: number) =>
    Array.from({ length: 3 }, (_, i) => rows(...head, ...count(60, start), i));
  const found = find([...group(1000), ...group(2000)]);
  assert.deepEqual(lengths(found), Array(6).fill(159));
  const [first, last] = [found[0], found[5]];
  assert.notEqual(first, last);
  assert.equal(first?.parent, last?.parent);
  assert.equal(first?.parent?.nTokens, 99);
  assert.deepEqual(first?.parent?.prompts, count(6));
});

test("a short prefix of groups that share much more is left out", () => {
  const group = (start: number) =>
    Array.from({ length: 16 }, (_, i) => rows(1, 2, 3, 4, 5, ...count(500, start), i));
  const found = find([...group(1000), ...group(2000)]);
  assert.deepEqual(lengths(found), Array(32).fill(504));
  assert.equal(found[0]?.parent, null); // its 4 rows would be saved once
});

test("no more prefixes wait at a time than are allowed, and those stay that save most", () => {
  const of = (question: number, i: number) => rows(...count(100 + question, 1000 * question), i);
  const interleaved = [0, 1].flatMap((i) => [1, 2, 3].map((question) => of(question, i)));
  assert.deepEqual(lengths(find(interleaved, 3)), [100, 101, 102, 100, 101, 102]);
  assert.deepEqual(lengths(find(interleaved, 1)), [0, 0, 102, 0, 0, 102]);
  const inTurn = [1, 2, 3].flatMap((question) => [0, 1].map((i) => of(question, i)));
  assert.deepEqual(lengths(find(inTurn, 1)), [100, 100, 101, 101, 102, 102]);
});

test("thousands of prompts that are each one token longer are no deep recursion", () => {
  const prompts = Array.from({ length: 3000 }, (_, i) => rows(...count(i + 1)));
  const found = find(prompts);
  assert.ok(
    lengths(found)
      .slice(200)
      .every((length) => length > 0),
  );
});

test("a prefix is what its prompts begin with, whatever they are", () => {
  const prompt = fc.array(fc.nat(1), { minLength: 1, maxLength: 200 });
  const repeated = fc
    .tuple(
      fc.array(prompt, { minLength: 1, maxLength: 4 }),
      fc.array(fc.tuple(fc.nat(3), fc.nat(200)), { maxLength: 12 }),
    )
    .map(([heads, cuts]) =>
      cuts.map(([head, length]) =>
        rows(...(heads[head % heads.length] ?? []).slice(0, 1 + length)),
      ),
    );
  fc.assert(
    fc.property(repeated, fc.integer({ min: 1, max: 4 }), (prompts, most) => {
      const found = find(prompts, most);
      const all = new Set(found.filter((prefix) => prefix !== null));
      for (const prefix of all) if (prefix.parent) all.add(prefix.parent);
      for (const { nTokens, prompts: users, parent } of all) {
        const [first = 0] = users;
        const head = prompts[first]?.subarray(0, nTokens + 2);
        for (const user of users) {
          assert.deepEqual(prompts[user]?.subarray(0, nTokens + 2), head);
          assert.equal(head?.length, nTokens + 2);
        }
        assert.ok(nTokens > (parent?.nTokens ?? 0));
      }
      found.forEach((prefix, i) => {
        assert.ok(prefix === null || prefix.prompts.includes(i));
      });
      for (let at = 0; at < prompts.length; at++) {
        const waiting = [...all].filter(
          ({ prompts: users }) => (users[0] ?? 0) <= at && (users.at(-1) ?? 0) >= at,
        );
        assert.ok(waiting.length <= most);
      }
    }),
  );
});
