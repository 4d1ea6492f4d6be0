import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { plainText } from "../../kernel/display/plainText.ts";
import { wireBundle } from "../../kernel/display/wireBundle.ts";
import { plainJson } from "../../kernel/protocol/plainJson.ts";
import fc from "../fixtures/fastCheck.ts";

const said = (value: unknown): string => {
  try {
    plainJson(value, "it");
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing";
};

test("what JSON can say is copied as JSON.stringify has it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.deepEqual(plainJson(value, "it"), JSON.parse(JSON.stringify(value)));
    }),
  );
  const odd = {
    date: new Date(0),
    missing: undefined,
    list: Object.assign([undefined, Number.NaN, Number.POSITIVE_INFINITY], { 4: 1 }),
    boxed: [Object(1), Object("s"), Object(false)],
    own: { toJSON: (key: string) => `as ${key}` },
    nothing: Object.assign(Object.create(null), { a: 1 }),
    error: new Error("m"),
    bytes: Buffer.from("ab"),
  };
  const copy = plainJson(odd, "it");
  assert.deepEqual(copy, JSON.parse(JSON.stringify(odd)));
  assert.equal(JSON.stringify(plainJson(JSON.parse('{"__proto__":1}'), "it")), '{"__proto__":1}');
  assert.deepEqual(plainJson({ f: Float32Array.of(0.5, Number.NaN) }, "it"), { f: [0.5, null] });
});

test("what JSON would drop, empty or throw at is refused with its place", () => {
  assert.match(
    said({ a: [{ "b c": 1n }] }),
    /^it\.a\[0\]\["b c"\]: expected JSON, got the BigInt 1n\./,
  );
  assert.match(said([() => 1]), /^it\[0\]: expected JSON, got a function\./);
  assert.match(said({ s: Symbol("s") }), /^it\.s: .*a symbol/);
  assert.match(said({ m: new Map() }), /a Map\. Write Object\.fromEntries/);
  assert.match(said({ m: new Set() }), /a Set/);
  assert.match(said({ p: Promise.resolve() }), /a Promise\. Await it\./);
  assert.match(said(BigInt64Array.of(3n)), /^it\[0\]: .*BigInt 3n/);
  assert.match(said({ toJSON: () => ({ n: 5n }) }), /^it\.n: .*BigInt 5n/);
  assert.match(said(new Array(2 ** 32 - 1)), /a list of 4294967295 places of which 0 are filled/);
  const ring: { in: unknown[] } = { in: [] };
  ring.in.push(ring);
  assert.match(said(ring), /^it\.in\[0\]: .*what holds itself: it is it again/);
  let deep: unknown = 1;
  for (let level = 0; level < 2000; level++) deep = [deep];
  assert.match(said(deep), /more than 900 levels/);
  const twice = { a: 1 };
  assert.deepEqual(plainJson([twice, twice], "it"), [twice, twice], "which is no circle");
});

test("a bundle has text under types of text", () => {
  assert.deepEqual(wireBundle({ "text/plain": ["a\n", "b"], "a/b+json": { n: 1 }, more: 1 }), {
    "text/plain": ["a\n", "b"],
    "a/b+json": { n: 1 },
    more: 1,
  });
  assert.deepEqual(wireBundle({ "image/png": undefined, "text/plain": "x" }), {
    "text/plain": "x",
  });
  for (const value of [1, 1n, null, true, {}, [1], () => "x", Symbol("s")])
    assert.throws(() => wireBundle({ "text/html": value }), {
      code: "ERR_NOT_JSON",
      message: /^MIME bundle\["text\/html"\]: expected text or bytes, got /,
    });
});

test("text of a value is that of inspect until it has too many keys", () => {
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]));
  const ring: Record<string, unknown> = { list: [1, [2]], map: new Map([[1, 2]]) };
  ring.ring = ring;
  for (const value of [
    ring,
    keys(100),
    [keys(3)],
    new (class Point {
      x = 1;
    })(),
  ])
    assert.equal(plainText(value), inspect(value, { depth: 4 }));
  const long: Record<string, unknown> = keys(101);
  long.k0 = long;
  assert.match(
    plainText(long),
    /^<ref \*1> \{\n {2}k0: \[Circular \*1\],[\s\S]*k99: 99,\n {2}\.\.\. 1 more keys\n\}$/,
  );
  class Wide {}
  const wide = Object.defineProperty(Object.assign(new Wide(), keys(200)), "k1", {
    get: () => assert.fail("asked"),
    enumerable: true,
  });
  assert.match(
    plainText([{ wide }]),
    /wide: Wide \{\n *k0: 0,\n *k1: \[Getter\],[\s\S]*\.\.\. 100 more keys/,
  );
});
