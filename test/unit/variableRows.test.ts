import assert from "node:assert/strict";
import { test } from "node:test";
import { Tensor } from "../../engine/tensor/tensor.ts";
import { variableRows } from "../../kernel/session/variableRows.ts";

const told = (value: unknown): string[] => {
  const [row] = variableRows({ it: value });
  return [row?.type ?? "", row?.size ?? "", row?.value ?? ""];
};

test("rows are in the order of their names, with types, sizes and short values", () => {
  const names = variableRows({ b: 1, a: 2, Z: 3 }).map(({ name }) => name);
  assert.deepEqual(names, ["Z", "a", "b"]);
  assert.deepEqual(told(undefined), ["undefined", "", "undefined"]);
  assert.deepEqual(told(null), ["null", "", "null"]);
  assert.deepEqual(told(-0), ["number", "", "-0"]);
  assert.deepEqual(told(12n), ["bigint", "", "12n"]);
  assert.deepEqual(told(Symbol("s")), ["symbol", "", "Symbol(s)"]);
  assert.deepEqual(told("x"), ["string", "1 character", '"x"']);
  assert.deepEqual(told([1, [2], { a: 1 }]), ["Array", "3 elements", "[1, […], Object {…}]"]);
  assert.deepEqual(told(new Set(["a"])), ["Set", "1 entry", 'Set {"a"}']);
  assert.deepEqual(told(new ArrayBuffer(2048)).slice(0, 2), ["ArrayBuffer", "2.05 kB"]);
  assert.deepEqual(told(new Date(0)), ["Date", "", "1970-01-01T00:00:00.000Z"]);
  assert.deepEqual(told(new TypeError("no")), ["TypeError", "", "TypeError: no"]);
  assert.deepEqual(told(Object.create(null)), ["Object", "0 keys", "{}"]);
  assert.deepEqual(told(class Tree {}), ["class", "", "class Tree"]);
  assert.deepEqual(told(class extends Tensor {}), ["class", "", "class extends Tensor"]);
  assert.deepEqual(told(Float64Array.of(1, 2.5)), [...["Float64Array", "(2) · 16 B", "[1, 2.5]"]]);
  assert.deepEqual(told(new Tensor(new Float32Array(6), [2, 3])), [
    ...["Tensor float32", "(2, 3) · 24 B", "[0, 0, 0, 0, 0, 0]"],
  ]);
});

test("long values are cut", () => {
  const [, size, value] = told("x".repeat(1e6));
  assert.equal(size, "1,000,000 characters");
  assert.ok((value?.length ?? 0) < 80);
  assert.equal(told(Array(1e6).fill(7))[2], "[7, 7, 7, 7, 7, 7, 7, 7, …]");
  const wide = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`key${i}`, "y".repeat(99)]),
  );
  assert.ok((told(wide)[2]?.length ?? 0) <= 121);
});

test("no getter, proxy or method of a value runs", () => {
  const fail = (): never => {
    throw new Error("code of the notebook ran");
  };
  class Sly extends Map<string, number> {
    override get size(): number {
      return fail();
    }
    override forEach(): void {
      fail();
    }
    static override get [Symbol.species](): MapConstructor {
      return fail();
    }
  }
  assert.deepEqual(told(new Sly([["a", 1]])), ["Sly", "1 entry", 'Sly {"a" => 1}']);
  const traps = { get: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail };
  const proxy = new Proxy({}, traps);
  assert.deepEqual(told(proxy), ["Proxy", "", "Proxy"]);
  assert.deepEqual(told([proxy]), ["Array", "1 element", "[Proxy]"]);
  assert.equal(told(new Proxy(fail, traps))[2], "Proxy");
  const getters = Object.defineProperties(
    {},
    { data: { get: fail, enumerable: true }, shape: { get: fail }, constructor: { get: fail } },
  );
  assert.deepEqual(told(getters), ["Object", "1 key", "{ data: (getter) }"]);
  assert.equal(
    told(Object.create(Object.defineProperty({}, "constructor", { get: fail })))[0],
    "Object",
  );
  const tagged = {
    get [Symbol.toStringTag](): string {
      return fail();
    },
  };
  assert.equal(told(tagged)[2], "{}");
});
