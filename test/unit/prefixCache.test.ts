import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { BackendError } from "../../engine/base/errors.ts";
import {
  checkPrefixCacheBytes,
  PrefixCache,
  type RowsKey,
} from "../../engine/execute/prefixCache.ts";
import { TensorGroup } from "../../engine/execute/tensorGroup.ts";
import type { AttentionForm } from "../../engine/plan/plan.ts";
import fc from "../fixtures/fastCheck.ts";

const ONE: AttentionForm = ["absorbed"];
const OTHER: AttentionForm = ["expanded"];
/** Numbers of a row, of eight bytes each. */
const WIDTH = 4;
const ROW_BYTES = 8 * WIDTH;

let backend = createReferenceBackend();
let owner = { backend, groups: new Set<TensorGroup>(), freeIdle: () => false };
beforeEach(() => {
  backend = createReferenceBackend();
  owner = { backend, groups: new Set(), freeIdle: () => false };
});

const keyOf = (ids: readonly number[], form = ONE, rotaryLength = 0): RowsKey => ({
  ids,
  forms: ids.map(() => form),
  rotaryLength,
});

/** What a sequence of so many tokens keeps: rows of its own number under each name. */
function kept(nTokens: number, names: readonly string[] = ["cache"], width = WIDTH): TensorGroup {
  const group = new TensorGroup(owner);
  for (const name of names) group.alloc(name, [nTokens, width], "f32");
  return group;
}

function give(cache: PrefixCache, key: RowsKey, names?: readonly string[], width?: number): void {
  const storage = kept(key.ids.length, names, width);
  cache.give(key, storage);
  storage.freeAll();
}

/** How many rows are found. */
function found(cache: PrefixCache, key: RowsKey, names?: readonly string[], most = 1e9): number {
  const wanted = kept(key.ids.length, names);
  const nTokens = cache.find(key, wanted, most)?.nTokens ?? 0;
  wanted.freeAll();
  return nTokens;
}

describe("the cache of prefixes", () => {
  it("gives rows up to the last token that is followed by the same one", () => {
    const cache = new PrefixCache(owner, 1e6);
    give(cache, keyOf([1, 2, 3, 4]));
    assert.equal(found(cache, keyOf([1, 2, 3, 4, 5])), 3);
    assert.equal(found(cache, keyOf([1, 2, 3, 4])), 3);
    assert.equal(found(cache, keyOf([1, 2, 3, 9, 9])), 2);
    assert.equal(found(cache, keyOf([1, 2, 3, 4, 5]), ["cache"], 1), 1);
    for (const other of [[1], [1, 9], [9, 2, 3]]) assert.equal(found(cache, keyOf(other)), 0);
    assert.equal(found(cache, keyOf([1, 2, 3, 4], OTHER)), 0);
    assert.equal(found(cache, keyOf([1, 2, 3, 4], ONE, 64)), 0);
    const forms = [ONE, ONE, OTHER, ONE];
    assert.equal(found(cache, { ...keyOf([1, 2, 3, 4]), forms }), 2);
  });

  it("copies the rows, and frees them", async () => {
    const cache = new PrefixCache(owner, 1e6);
    const storage = kept(3);
    const tensor = storage.get("cache");
    assert.ok(tensor);
    const numbers = Float64Array.from({ length: 3 * WIDTH }, (_, i) => i);
    backend.write(tensor, 0, numbers);
    cache.give(keyOf([1, 2, 3]), storage);
    backend.write(
      tensor,
      0,
      numbers.map(() => 0),
    );
    storage.freeAll();
    const rows = cache.find(keyOf([1, 2, 3]), new TensorGroup(owner), 9)?.storage.get("cache");
    assert.ok(rows);
    assert.deepEqual(await backend.read(rows), numbers.subarray(0, 2 * WIDTH));
    assert.equal(cache.use.bytes, 2 * ROW_BYTES);
    assert.equal(backend.memory.bytes, 2 * ROW_BYTES);
    assert.equal(cache.freeAll(), true);
    assert.equal(cache.freeAll(), false);
    assert.deepEqual([backend.memory.tensors, owner.groups.size, cache.use.bytes], [0, 0, 0]);
  });

  it("serves those alone whose values it has, as wide as theirs", () => {
    const cache = new PrefixCache(owner, 1e6);
    give(cache, keyOf([1, 2, 3]), ["cache", "routes"]);
    assert.equal(found(cache, keyOf([1, 2, 3]), ["routes"]), 2);
    assert.equal(found(cache, keyOf([1, 2, 3]), ["routes", "queries"]), 0);
    give(cache, keyOf([5, 6, 7]), ["cache"], WIDTH + 1);
    assert.equal(found(cache, keyOf([5, 6, 7]), ["cache"]), 0);
    give(cache, keyOf([1, 2, 3]), ["cache", "mtp.0.hook_embed"]); // what only drafts is not kept
    assert.equal(cache.use.entries, 2);
  });

  it("holds a sequence once: what a longer one has as well goes, unless it keeps more", () => {
    const cache = new PrefixCache(owner, 1e6);
    give(cache, keyOf([1, 2, 3]));
    give(cache, keyOf([1, 2, 3, 4]));
    assert.deepEqual([cache.use.entries, cache.use.bytes], [1, 3 * ROW_BYTES]);
    give(cache, keyOf([1, 2, 3]));
    assert.equal(cache.use.entries, 1);
    give(cache, keyOf([1, 2, 3]), ["cache", "routes"]);
    assert.equal(cache.use.entries, 2);
    give(cache, keyOf([1, 2, 3, 4, 5]));
    assert.deepEqual([cache.use.entries, cache.use.bytes], [2, (2 * 2 + 4) * ROW_BYTES]);
  });

  it("lets the least recently used make room, and takes nothing larger than itself", () => {
    const cache = new PrefixCache(owner, 6 * ROW_BYTES);
    for (const first of [10, 20, 30]) give(cache, keyOf([first, 1, 2]));
    assert.equal(found(cache, keyOf([10, 1, 2])), 2); // used
    give(cache, keyOf([20, 1, 2])); // given once more
    give(cache, keyOf([40, 1, 2]));
    assert.deepEqual(
      [10, 20, 30, 40].map((first) => found(cache, keyOf([first, 1, 2]))),
      [2, 2, 0, 2],
    );
    give(cache, keyOf([50, 1, 2, 3, 4, 5, 6, 7]));
    assert.equal(cache.use.entries, 3);
    const { hits, misses, hitTokens, budgetBytes } = cache.use;
    assert.deepEqual([hits, misses, hitTokens, budgetBytes], [4, 1, 8, 6 * ROW_BYTES]);
  });

  it("keeps nothing of one token, and nothing that the device has no memory for", () => {
    const cache = new PrefixCache(owner, 1e6);
    give(cache, keyOf([1]));
    assert.equal(cache.use.entries, 0);
    const storage = kept(3, ["a", "b"]);
    const { alloc } = backend;
    const { bytes } = backend.memory;
    backend.alloc = (shape, dtype, label) => {
      if (label === "b") throw new BackendError("ERR_OUT_OF_MEMORY", "the device is full");
      return alloc.call(backend, shape, dtype, label);
    };
    cache.give(keyOf([1, 2, 3]), storage);
    assert.deepEqual([cache.use.entries, backend.memory.bytes], [0, bytes]);
    backend.alloc = () => {
      throw new BackendError("ERR_DEVICE_LOST", "the device is gone");
    };
    assert.throws(() => cache.give(keyOf([1, 2, 3]), storage), { code: "ERR_DEVICE_LOST" });
    assert.deepEqual([cache.use.entries, backend.memory.bytes], [0, bytes]);
  });

  it("finds the longest rows of all that were given, and stays within its budget", () => {
    const ids = fc.array(fc.nat(2), { minLength: 1, maxLength: 6 });
    const given = fc.array(fc.tuple(ids, fc.constantFrom(ONE, OTHER)), { maxLength: 8 });
    fc.assert(
      fc.property(given, ids, fc.constantFrom(ONE, OTHER), fc.nat(12), (all, asked, form, room) => {
        const cache = new PrefixCache(owner, 1e6);
        const small = new PrefixCache(owner, room * ROW_BYTES);
        for (const [sequence, itsForm] of all) {
          give(cache, keyOf(sequence, itsForm));
          give(small, keyOf(sequence, itsForm));
          assert.ok(small.use.bytes <= room * ROW_BYTES);
        }
        const same = all.map(([sequence, itsForm]) => {
          const end = asked.findIndex((id, i) => id !== sequence[i]);
          const common = Math.min(end < 0 ? asked.length : end, sequence.length);
          return itsForm === form ? Math.max(0, common - 1) : 0;
        });
        assert.equal(found(cache, keyOf(asked, form)), Math.max(0, ...same));
        cache.freeAll();
        small.freeAll();
        assert.equal(backend.memory.tensors, 0);
      }),
    );
  });

  it("is told its bytes as a whole number", () => {
    checkPrefixCacheBytes(0);
    assert.equal(new PrefixCache(owner, 0).isOn, false);
    for (const wrong of [-1, 1.5, Number.NaN, "1" as never, null as never])
      assert.throws(() => checkPrefixCacheBytes(wrong), { code: "ERR_OPTION" });
  });
});
