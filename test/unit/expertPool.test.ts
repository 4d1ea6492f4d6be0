import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ExpertPool } from "../../engine/backend/offload/expertPool.ts";
import { WorkQueue } from "../../engine/backend/offload/workQueue.ts";

/** A pool with room for so many experts. */
function pool(slots: number): ExpertPool {
  const tensor = { shape: [slots, 2], dtype: "f32", label: "some", sizeBytes: 8 * slots } as const;
  return new ExpertPool([], [tensor]);
}

const experts = (...ids: number[]) => new Set(ids);

describe("places for experts", () => {
  test("go to those that were used last", () => {
    const places = pool(3);
    assert.deepEqual(places.place(experts(5, 7)), [
      { expert: 5, slot: 0 },
      { expert: 7, slot: 1 },
    ]);
    assert.deepEqual(places.place(experts(5)), []);
    assert.deepEqual(places.place(experts(9)), [{ expert: 9, slot: 2 }]);
    assert.deepEqual(places.place(experts(1)), [{ expert: 1, slot: 1 }]); // 7 was not used for longest
    assert.deepEqual(
      [5, 7, 9, 1, -1].map((expert) => places.slotOf(expert)),
      [0, -1, 2, 1, -1],
    );
  });

  test("are never taken from an expert that the same tokens use", () => {
    const places = pool(2);
    places.place(experts(1, 2));
    assert.deepEqual(places.place(experts(3, 1)), [{ expert: 3, slot: 1 }]);
    assert.deepEqual(
      [1, 3].map((expert) => places.slotOf(expert)),
      [0, 1],
    );
  });

  test("are as many as the tokens of a range need", () => {
    const places = pool(3);
    const indices = Int32Array.of(0, 1, 1, 2, 2, 3, -1, -1, 3, 2);
    assert.deepEqual(places.ranges(indices, 2), [
      { first: 0, count: 2, experts: experts(0, 1, 2) },
      { first: 2, count: 3, experts: experts(2, 3) },
    ]);
  });
});

describe("work in order", () => {
  test("is done at once until something is awaited, then behind it", async () => {
    const queue = new WorkQueue();
    const done: string[] = [];
    let finish = () => {};
    queue.add(() => void done.push("first"));
    assert.deepEqual(done, ["first"]);
    queue.add(
      () =>
        new Promise<void>((resolve) => {
          finish = () => {
            done.push("awaited");
            resolve();
          };
        }),
    );
    queue.add(() => void done.push("behind"));
    const asked = queue.ask(async () => done.length);
    assert.deepEqual(done, ["first"]);
    finish();
    assert.equal(await asked, 3);
    assert.deepEqual(done, ["first", "awaited", "behind"]);
  });

  test("that fails is told once, and what comes behind is done all the same", async () => {
    const queue = new WorkQueue();
    queue.add(async () => {
      throw new RangeError("one");
    });
    queue.add(() => {
      throw new RangeError("two");
    });
    assert.equal(await queue.ask(async () => 7), 7);
    assert.throws(() => queue.throwIfFailed(), { message: "one" });
    queue.throwIfFailed();
    assert.throws(
      () =>
        new WorkQueue().add(() => {
          throw new RangeError("at once");
        }),
      { message: "at once" },
    );
  });
});
