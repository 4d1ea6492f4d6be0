import assert from "node:assert/strict";
import { test } from "node:test";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { Tensor } from "../../engine/tensor/tensor.ts";
import fc from "../fixtures/fastCheck.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";

const ROWS = 4;

const number = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -40, max: 40, noNaN: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }) }, // equals
  { weight: 1, arbitrary: fc.float() },
  { weight: 1, arbitrary: fc.constantFrom(Number.NEGATIVE_INFINITY, 0, -0, Number.NaN) },
);

for (const threads of [1, 2])
  test(`the largest of rows stand where the host finds them, on ${threads} threads`, async () => {
    const backend = await openSplitBackend(threads);
    const size = fc.integer({ min: 1, max: 70 });
    await fc.assert(
      fc.asyncProperty(size, fc.infiniteStream(number), fc.nat(), async (n, numbers, least) => {
        const k = 1 + (least % n);
        const data = Float32Array.from({ length: ROWS * n }, () => numbers.next().value);
        const x = backend.alloc([ROWS, n], "f32", "x");
        const out = backend.alloc([ROWS, k], "i32", "places");
        backend.write(x, 0, data);
        backend.topKRows(x, out);
        assert.deepEqual(await backend.read(out), new Tensor(data, [ROWS, n]).topK(k).indices.data);
        for (const tensor of [x, out]) backend.free(tensor);
      }),
      { numRuns: 300 },
    );
    backend.dispose();
  });

test("places that do not fit the rows, and other dtypes, are refused", async () => {
  const backend = await createCpuBackend({ threads: 1 });
  const x = backend.alloc([4, 3], "f32", "x");
  const out = backend.alloc([4, 2], "i32", "out");
  backend.write(x, 0, Float32Array.from([3, 1, 2, 5, 5, 4, Number.NaN, 0, 0, 0, -0, 1]));
  backend.topKRows(x, out);
  assert.deepEqual([...(await backend.read(out))], [0, 2, 0, 1, 1, 2, 2, 0]);
  const many = backend.alloc([4, 4], "i32", "many");
  const turned = backend.alloc([3, 2], "i32", "turned");
  const floats = backend.alloc([4, 2], "f32", "floats");
  const weight = backend.allocWeight([4, 3], "f32", "weight");
  assert.throws(() => backend.topKRows(x, many), {
    code: "ERR_SHAPE",
    message: /at most 3 of each/,
  });
  assert.throws(() => backend.topKRows(x, turned), { code: "ERR_SHAPE" });
  assert.throws(() => backend.topKRows(x, floats), { code: "ERR_DTYPE", message: /as i32/ });
  assert.throws(() => backend.topKRows(out, out), { code: "ERR_DTYPE" });
  assert.throws(() => backend.topKRows(weight, out), { code: "ERR_DTYPE" });
  backend.dispose();
});
