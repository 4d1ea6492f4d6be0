import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { createCpuBackend, openCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { openApart } from "../fixtures/manyMemories.ts";

const oneToken = { nTokens: 1, start: 0 };
const mebibyte = 2 ** 20;

/** A matrix of ones times its number. */
function matrix(b: CpuBackend, shape: readonly number[], value: number, label: string) {
  const weight = b.allocWeight(shape, "f32", label);
  const values = new Float32Array(shape.reduce((a, c) => a * c, 1)).fill(value);
  b.writeWeight(weight, 0, { dtype: "f32", data: new Uint8Array(values.buffer) });
  return weight;
}

/** Weights over three memories, a few in each. */
function fill(b: CpuBackend, count: number): DeviceTensor[] {
  return Array.from({ length: count }, (_, i) => matrix(b, [64, 64], i, `w${i}`));
}

describe("weights that lie in several memories", () => {
  test("are written and read where they lie", async () => {
    const b = await openApart(1, "exact", 2 ** 16);
    const weights = fill(b, 8);
    assert.ok(b.memories >= 4, `${b.memories} memories, the first among them`);
    for (const [i, weight] of weights.entries())
      assert.deepEqual([...((await b.read(weight, 63 * 64, 2)) as Float32Array)], [i, i]);
    b.dispose();
  });

  test("are multiplied where they lie, with the same tensor in and out as elsewhere", async () => {
    for (const threads of [1, 3]) {
      const b = await openApart(threads, "exact", 2 ** 16);
      const [x, out] = [b.alloc([5, 64], "f32", "x"), b.alloc([5, 64], "f32", "out")];
      b.write(x, 0, new Float32Array(5 * 64).fill(1));
      for (const [i, weight] of fill(b, 8).entries()) {
        b.write(out, 0, new Float32Array(5 * 64).fill(-1));
        const product: Operator = {
          ...{ kind: "matmul", x, weight, bias: null, residual: null, rows: "tokens", out },
        };
        b.execute([product], { nTokens: 4, start: 0 });
        const rows = (await b.read(out)) as Float32Array;
        assert.ok(rows.subarray(0, 4 * 64).every((value) => value === 64 * i));
        assert.ok(
          rows.subarray(4 * 64).every((value) => value === -1),
          "rows beyond the step",
        );
      }
      b.dispose();
    }
  });

  test("move together where one operator reads them", async () => {
    const b = await openApart(2, "exact", 2 ** 16);
    const [gate] = [matrix(b, [2, 32, 64], 1, "gate")];
    fill(b, 2); // no room is left beside the gate
    const up = matrix(b, [2, 32, 64], 2, "up");
    const biases = [matrix(b, [2, 32], 3, "gate bias"), matrix(b, [2, 32], 4, "up bias")] as const;
    const x = b.alloc([1, 64], "f32", "x");
    const out = b.alloc([1, 1, 32], "f32", "out");
    const indices = b.alloc([1, 1], "i32", "indices");
    b.write(x, 0, new Float32Array(64).fill(0.5));
    b.write(indices, 0, Int32Array.of(1));
    const activation = { kind: "clamped", alpha: 0, limit: 1e9 } as const;
    const [gateBias, upBias] = biases;
    const operator: Operator = {
      ...{ kind: "expertsUp", x, indices, gate, up, gateBias, upBias, activation, out },
    };
    const before = b.memory;
    b.execute([operator], oneToken);
    const first = await b.read(out);
    assert.equal((first as Float32Array)[0], (35 / 2) * (68 + 1)); // sigmoid(0) is a half
    assert.deepEqual(b.memory, before);
    b.execute([operator], oneToken);
    assert.deepEqual(await b.read(out), first);
    for (const [weight, value] of [
      [gate, 1],
      [up, 2],
      [gateBias, 3],
      [upBias, 4],
    ] as const)
      assert.ok(((await b.read(weight)) as Float32Array).every((got) => got === value));
    for (const tensor of [gate, up, gateBias, upBias, x, out, indices]) b.free(tensor);
    b.dispose();
  });

  test("give their room back, and go with the backend", async () => {
    const b = await openApart(2, "exact", 2 ** 16);
    const before = b.memory;
    const counts: number[] = [];
    for (let round = 0; round < 5; round++) {
      const weights = fill(b, 8);
      counts.push(b.memories);
      for (const weight of weights) b.free(weight);
      assert.deepEqual(b.memory, before);
    }
    assert.deepEqual(new Set(counts).size, 1, counts.join(", "));
    const [weight] = fill(b, 8) as [DeviceTensor];
    b.dispose();
    assert.deepEqual(b.memory, { tensors: 0, bytes: 0 });
    assert.throws(() => b.allocWeight([64, 64], "f32", "late"), { code: "ERR_DISPOSED" });
    await assert.rejects(b.read(weight), { code: "ERR_DISPOSED" });
  });

  test("go on in a second memory of 4 GiB by default, up to its end", async () => {
    const b = await createCpuBackend({ maxMemoryBytes: 2 ** 34, threads: 1 });
    const [rows, columns] = [24_000, 40_000]; // 1.9 GB, which nobody writes but for one row
    const weights = Array.from({ length: 3 }, (_, i) => {
      const table = b.allocWeight([rows, columns], "bf16", `w${i}`);
      const ones = new Uint16Array(columns).fill(0x3f80 + i);
      const data = new Uint8Array(ones.buffer);
      b.writeWeight(table, (rows - 1) * columns, { dtype: "bf16", data });
      return table;
    });
    assert.equal(b.memories, 2);
    const [ids, out] = [b.alloc([1], "i32", "ids"), b.alloc([1, columns], "f32", "out")];
    b.write(ids, 0, Int32Array.of(rows - 1));
    for (const [i, table] of weights.entries()) {
      b.execute([{ kind: "embed", ids, table, out }], oneToken);
      const row = (await b.read(out)) as Float32Array;
      assert.ok(row.every((value) => value === 1 + i / 128));
    }
    b.dispose();
  });

  test("take no more than all memories may", async () => {
    const sizes = {
      memoryBytes: 4 * mebibyte,
      firstMatrixBytes: 0,
      otherMatrixBytes: 3 * mebibyte,
    };
    const b = await openCpuBackend(10 * mebibyte, { threads: 1, reason: null }, { sizes });
    const kept = matrix(b, [512, 1024], 7, "kept");
    matrix(b, [512, 1024], 8, "in the next memory");
    const before = b.memory;
    assert.throws(() => b.allocWeight([768, 1024], "f32", "one too many"), {
      code: "ERR_OUT_OF_MEMORY",
      message:
        /expected \d+ bytes for "one too many" within .* 10485760 that all memories may take, got \d+ in use/,
    });
    assert.throws(() => b.allocWeight([2048, 1024], "f32", "giant"), {
      code: "ERR_TENSOR_TOO_LARGE",
    });
    assert.deepEqual(b.memory, before);
    assert.deepEqual([...((await b.read(kept, 0, 2)) as Float32Array)], [7, 7]);
    b.dispose();
  });
});
