import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { runInThisContext } from "node:vm";
import {
  instantiateAgain,
  instantiateKernels,
} from "../../engine/backend/cpu/instantiateKernels.ts";
import { NO_SCRATCH, Pool } from "../../engine/backend/cpu/pool/pool.ts";
import { chunksOf, SPLIT_RULE } from "../../engine/backend/cpu/pool/splitRule.ts";
import { attentionBytes } from "../../engine/backend/cpu/prepare/attention.ts";
import fc from "../fixtures/fastCheck.ts";
import { runningThreads } from "../fixtures/runningThreads.ts";
import { SPLIT_ALWAYS } from "../fixtures/splitAlways.ts";

const pages = 128;
const base = 2 ** 20;

/** A pool and its memory, which holds floats from `base` on. */
async function openPool(threads: number) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 1024, shared: threads > 1 });
  const instance = await instantiateKernels(memory, threads > 1);
  const pool = new Pool({ ...instance, memory, threads, rule: SPLIT_ALWAYS });
  const floats = (at: number, count: number) => new Float32Array(memory.buffer, at, count);
  return { memory, pool, floats, module: instance.module };
}

/** Adds 1 to `count` floats in place, so that whatever is done twice is seen. */
function addOne(pool: Pool, at: number, ones: number, total: number, grain: number): void {
  pool.run("add", { total, grain, ns: 0 }, [at, ones, at]);
}

describe("a pool of threads", () => {
  const opened: Pool[] = [];
  after(() => {
    for (const pool of opened) pool.end();
  });
  const open = async (threads: number) => {
    const all = await openPool(threads);
    opened.push(all.pool);
    return all;
  };

  for (const threads of [1, 2, 5])
    test(`does every part of a range once, on ${threads}`, async () => {
      const { pool, floats } = await open(threads);
      const [most, ones] = [3000, base + 4 * 4000];
      floats(ones, most).fill(1);
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: most }),
          fc.integer({ min: 1, max: 99 }),
          (n, grain) => {
            floats(base, most).fill(0);
            addOne(pool, base, ones, n, grain);
            const got = floats(base, most);
            assert.ok(
              got.subarray(0, n).every((x) => x === 1),
              "a part was left out, or done twice",
            );
            assert.ok(
              got.subarray(n).every((x) => x === 0),
              "something beyond the range was done",
            );
          },
        ),
      );
    });

  test("lets workers do parts, and counts them", async () => {
    const { pool, floats } = await open(2);
    floats(base, 4096).fill(0);
    let rounds = 0;
    for (; pool.doneByWorkers === 0; rounds++) {
      addOne(pool, base, base, 4096, 16);
      await nextTurn();
    }
    assert.ok(rounds > 0);
  });

  test("works in memory that came after its threads", async () => {
    const { memory, pool, floats } = await open(3);
    const at = memory.buffer.byteLength;
    memory.grow(16);
    const [count, ones] = [4096, at + 4 * 4096];
    floats(ones, count).fill(1);
    for (let rounds = 1; pool.doneByWorkers < 20; rounds++) {
      addOne(pool, at, ones, count, 16);
      assert.ok(floats(at, count).every((x) => x === rounds));
      await nextTurn();
    }
  });

  test("works in another memory, with other threads, after it is added", async () => {
    for (const threads of [1, 3]) {
      const { pool, floats, module } = await open(threads);
      const memory = new WebAssembly.Memory({ initial: pages, maximum: 1024, shared: threads > 1 });
      pool.addMemory(memory, instantiateAgain(module, memory).exports);
      const before = pool.doneByWorkers;
      const [count, ones] = [4096, base + 4 * 4096];
      const there = new Float32Array(memory.buffer, base, 2 * count);
      there.fill(1, count);
      floats(base, 2 * count).fill(0);
      let rounds = 0;
      do {
        pool.run("add", { total: count, grain: 16, ns: 0 }, [base, ones, base], NO_SCRATCH, 1);
        rounds += 1;
        await nextTurn();
      } while (threads > 1 && pool.doneByWorkers < before + 20);
      assert.ok(there.subarray(0, count).every((x) => x === rounds));
      assert.ok(
        floats(base, 2 * count).every((x) => x === 0),
        "the first memory was written",
      );
    }
  });

  test("throws the trap of a kernel alike from every thread, and goes on", async () => {
    const thrown = new Set<string>();
    for (const threads of [1, 3]) {
      const { memory, pool, floats } = await open(threads);
      floats(base, 4096).fill(0);
      const beyond = memory.buffer.byteLength - 4 * 4096;
      for (let rounds = 0; rounds < 20 || (threads > 1 && pool.doneByWorkers < 50); rounds++) {
        assert.throws(
          () => addOne(pool, beyond, base, 5000, 16),
          (error) => {
            assert.ok(error instanceof WebAssembly.RuntimeError);
            thrown.add(error.message);
            return true;
          },
        );
        addOne(pool, base, base, 4096, 16);
        assert.ok(floats(base, 4096).every((x) => x === 0));
        await nextTurn();
      }
    }
    assert.deepEqual([...thrown], ["memory access out of bounds"]);
  });

  test("works at once in what a memory has grown by, on every thread", async () => {
    const { pool, memory, floats } = await open(5);
    floats(base, 16 * 64).fill(1);
    const scratch = { address: 2 * base, bytes: attentionBytes, threads: 5 };
    while (pool.doneByWorkers === 0) {
      addOne(pool, 4 * base, base, 1000, 16);
      await nextTurn();
    }
    for (let rounds = 0; rounds < 200; rounds++) {
      const page = memory.grow(1) * 2 ** 16;
      // 16 tokens of 4 heads that see three keys; a kernel that clears its output by memory.fill
      const sizes = [64, 0, 2, 4, 1, 64, 64, 1];
      const args = [base, base, base, ...sizes, 0, 0, 0, 0, 0, 0, 0, page, 3 * base, 0];
      pool.run("attention", { total: 16 * 4, ns: 0 }, args, scratch);
      assert.ok(floats(page, 64).every((x) => x === 1));
      if (rounds % 8 === 0) await nextTurn();
    }
  });

  test("waits for what workers have in hand of a job that V8 ended, and does the next one", async () => {
    const { pool, floats } = await open(2);
    const [q, out, lse, scratch] = [base, 3 * base, 4 * base, 5 * base];
    floats(q, 2 ** 18).fill(1);
    // A row is one of 32 heads over 4,096 keys, and takes some 0.1 ms.
    const [total, heads] = [3200, 32];
    const sizes = [64, 0, 4096, heads, 1, 64, 64, 1];
    const args = [q, q, q, ...sizes, 0, 0, 0, 0, 0, 0, 0, out, lse, 0];
    const long = () =>
      pool.run("attention", { total, ns: 0 }, args, {
        address: scratch,
        bytes: attentionBytes,
        threads: 2,
      });
    Object.assign(globalThis, { longJobOfTheTest: long });
    const [count, ones] = [60_000, 6 * base];
    floats(ones, count).fill(1);
    for (let before = pool.doneByWorkers; pool.doneByWorkers === before; await nextTurn())
      addOne(pool, out, ones, count, 16);
    for (let rounds = 0; rounds < 5; rounds++) {
      assert.throws(() => runInThisContext("longJobOfTheTest()", { timeout: 20 }), {
        code: "ERR_SCRIPT_EXECUTION_TIMEOUT",
      });
      pool.settle();
      floats(out, count).fill(0);
      addOne(pool, out, ones, count, 16);
      assert.ok(floats(out, count).every((x) => x === 1));
    }
  });

  test("is gone when it ends", async () => {
    const before = runningThreads();
    const { pool } = await openPool(4);
    while (runningThreads() < before + 3) await nextTurn();
    pool.end();
    pool.end();
    while (runningThreads() > before) await nextTurn();
  });
});

describe("a job is split", () => {
  test("from 40 us on, into chunks of 20 us or more, four for each thread at most", () => {
    const chunks = (us: number, threads = 2, parts = 1000) =>
      chunksOf(SPLIT_RULE, threads, parts, us * 1000);
    assert.deepEqual(
      [0, 39, 40, 59, 60, 159, 160, 10_000].map((us) => chunks(us)),
      [1, 1, 2, 2, 3, 7, 8, 8],
    );
    assert.equal(chunks(10_000, 1), 1);
    assert.equal(chunks(10_000, 8), 32);
    assert.equal(chunks(10_000, 8, 5), 5);
  });
});
