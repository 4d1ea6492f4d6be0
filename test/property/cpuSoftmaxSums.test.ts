import assert from "node:assert/strict";
import { test } from "node:test";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { softmaxSums } from "../../engine/tensor/softmaxSums.ts";
import fc from "../fixtures/fastCheck.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";

const logit = fc.oneof(
  { weight: 8, arbitrary: fc.float({ min: -40, max: 40, noNaN: true }) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) }, // equals
  { weight: 1, arbitrary: fc.float({ min: -2000, max: 2000, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NEGATIVE_INFINITY, 0, -0, -745.2, -708.4) },
);

/** As the host takes them. */
function onHost(row: Float32Array) {
  if (row.some((value) => Number.isNaN(value) || value === Number.POSITIVE_INFINITY)) return null;
  const best = row.reduce((at, value, id) => (value > (row[at] as number) ? id : at), 0);
  return row[best] === Number.NEGATIVE_INFINITY ? null : softmaxSums(row, best);
}

for (const threads of [1, 2])
  test(`the sums of rows of logits have the host's bits on ${threads} threads`, async () => {
    const backend = await openSplitBackend(threads);
    const size = fc.integer({ min: 1, max: 70 });
    await fc.assert(
      fc.asyncProperty(size, fc.infiniteStream(logit), async (nVocab, logits) => {
        const rows = Float32Array.from({ length: 4 * nVocab }, () => logits.next().value);
        const tensor = backend.alloc([4, nVocab], "f32", "logits");
        backend.write(tensor, 0, rows);
        const asked = [3, 0, 1];
        const expected = asked.map((row) =>
          onHost(rows.subarray(row * nVocab, (row + 1) * nVocab)),
        );
        assert.deepEqual(backend.softmaxSums(tensor, asked), expected);
        backend.free(tensor);
      }),
      { numRuns: 300 },
    );
    backend.dispose();
  });

test("rows without a softmax have no sums, and rows that do not exist are refused", async () => {
  const backend = await createCpuBackend({ threads: 1 });
  const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const rows = [
    [0, Number.NaN, 1, 2, 3],
    [high, 0, 0, 0, 0],
    [low, low, low, low, low],
    [low, low, low, low, 5],
  ];
  const tensor = backend.alloc([4, 5], "f32", "logits");
  backend.write(tensor, 0, Float32Array.from(rows.flat()));
  const alone = { best: 4, total: 1, weightedShift: 0 };
  assert.deepEqual(backend.softmaxSums(tensor, [0, 1, 2, 3]), [null, null, null, alone]);
  assert.throws(() => backend.softmaxSums(tensor, [4]), { code: "ERR_RANGE" });
  assert.throws(() => backend.softmaxSums(tensor, [-1]), { code: "ERR_RANGE" });
  backend.dispose();
});
