import assert from "node:assert/strict";
import { test } from "node:test";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { Tensor } from "../../engine/tensor/tensor.ts";
import fc from "../fixtures/fastCheck.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";

const number = fc.oneof(
  { weight: 8, arbitrary: fc.float({ min: -40, max: 40, noNaN: true }) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) }, // equals
  { weight: 1, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NEGATIVE_INFINITY, 0, -0, -745.2, -708.4) },
);

for (const threads of [1, 2])
  test(`the softmax of rows has the host's bits on ${threads} threads`, async () => {
    const backend = await openSplitBackend(threads);
    const size = fc.integer({ min: 1, max: 70 });
    await fc.assert(
      fc.asyncProperty(size, fc.infiniteStream(number), fc.boolean(), async (n, numbers, isLog) => {
        const data = Float32Array.from({ length: 4 * n }, () => numbers.next().value);
        const host = new Tensor(data, [4, n]);
        const expected = (isLog ? host.logSoftmax() : host.softmax()).data;
        const [x, out] = [backend.alloc([4, n], "f32", "x"), backend.alloc([4, n], "f32", "out")];
        backend.write(x, 0, data);
        const none = backend.softmaxRows(x, out, isLog);
        const finite = Array.from({ length: 4 }, (_, row) =>
          data.subarray(row * n, (row + 1) * n).some(Number.isFinite),
        );
        assert.deepEqual(
          none,
          [0, 1, 2, 3].filter((row) => !finite[row]),
        );
        const got = await backend.read(out);
        for (const row of none) got.set(expected.subarray(row * n, (row + 1) * n), row * n);
        assert.deepEqual(got, expected);
        for (const tensor of [x, out]) backend.free(tensor);
      }),
      { numRuns: 300 },
    );
    backend.dispose();
  });

test("rows without a softmax are left as they are, and tensors that do not fit are refused", async () => {
  const backend = await createCpuBackend({ threads: 1 });
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const rows = [
    [0, Number.NaN, 1],
    [high, 0, 0],
    [low, low, low],
    [low, 5, low],
  ];
  const [x, out] = [backend.alloc([4, 3], "f32", "x"), backend.alloc([4, 3], "f32", "out")];
  backend.write(x, 0, Float32Array.from(rows.flat()));
  for (const [isLog, last] of [
    [false, [0, 1, 0]],
    [true, [low, 0, low]],
  ] as const) {
    backend.write(out, 0, new Float32Array(12).fill(7));
    assert.deepEqual(backend.softmaxRows(x, out, isLog), [0, 1, 2]);
    assert.deepEqual([...(await backend.read(out))], [...new Array(9).fill(7), ...last]);
  }
  const turned = backend.alloc([3, 4], "f32", "turned");
  const whole = backend.alloc([4, 3], "i32", "whole");
  const weight = backend.allocWeight([4, 3], "f32", "weight");
  assert.throws(() => backend.softmaxRows(x, turned, false), { code: "ERR_SHAPE" });
  assert.throws(() => backend.softmaxRows(x, whole, false), { code: "ERR_DTYPE" });
  assert.throws(() => backend.softmaxRows(weight, out, true), { code: "ERR_DTYPE" });
  backend.dispose();
});
