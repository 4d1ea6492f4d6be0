import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { halfValues } from "../../engine/backend/halfValues.ts";
import { isPacked } from "../../engine/backend/packed.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";
import { GGUF_TYPES, type GgufBlockType } from "../../engine/weights/gguf/ggufTypes.ts";
import { unpackedDtype, unpackGguf } from "../../engine/weights/gguf/unpackGguf.ts";
import fc from "../fixtures/fastCheck.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";

/** Types that kernels take apart, and where in a block their f16 lie. */
const TYPES: readonly (readonly [GgufBlockType, readonly number[]])[] = [
  ["Q8_0", [0]],
  ["Q4_0", [0]],
  ["Q4_K", [0, 2]],
  ["Q5_K", [0, 2]],
  ["Q6_K", [208]],
];

/** Blocks of random bits whose f16 are finite. */
function randomBlocks(count: number, bytes: number, halves: readonly number[], seed: number) {
  const data = new Uint8Array(count * bytes);
  let x = seed | 1;
  for (let i = 0; i < data.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    data[i] = x;
  }
  for (let block = 0; block < count; block++)
    for (const at of halves) {
      const high = block * bytes + at + 1;
      data[high] = (data[high] as number) & 0xbb; // one bit of the exponent less
    }
  return data;
}

/** Every element of a matrix as a float, read as an embedding. */
async function elements(backend: CpuBackend, table: DeviceTensor): Promise<HostArray> {
  const [rows = 1, columns = 1] = table.shape;
  const ids = backend.alloc([rows], "i32", "ids");
  const out = backend.alloc([rows, columns], "f32", "out");
  backend.write(
    ids,
    0,
    Int32Array.from({ length: rows }, (_, i) => i),
  );
  backend.execute([{ kind: "embed", ids, table, out }], { nTokens: rows, start: 0 });
  const got = await backend.read(out);
  for (const tensor of [ids, out]) backend.free(tensor);
  return got;
}

for (const threads of [1, 3])
  describe(`blocks of GGUF files go into panels as codes and scales do, on ${threads} threads`, () => {
    let backend: CpuBackend;
    before(async () => {
      backend = await openSplitBackend(threads);
    });
    after(() => backend.dispose());

    for (const [type, halves] of TYPES) {
      const { block, bytes } = GGUF_TYPES[type];
      const dtype = unpackedDtype(type);
      test(type, async () => {
        assert.ok(isPacked(dtype));
        const sizes = fc.record({
          panels: fc.integer({ min: 1, max: 5 }),
          before: fc.integer({ min: 0, max: 2 }),
          blocks: fc.integer({ min: 1, max: 3 }),
          seed: fc.integer(),
        });
        await fc.assert(
          fc.asyncProperty(sizes, async ({ panels, before, blocks, seed }) => {
            const [rows, columns] = [8 * (panels + before), blocks * block];
            const stored = randomBlocks(8 * panels * blocks, bytes, halves, seed);
            const first = 8 * before * columns;
            const zeros = unpackGguf("zeros", type, new Uint8Array(rows * blocks * bytes));
            const zeroed = (label: string): DeviceTensor => {
              const weight = backend.allocWeight([rows, columns], dtype, label);
              backend.writeWeight(weight, 0, zeros);
              return weight;
            };
            const [one, two] = [zeroed("apart"), zeroed("whole")];
            backend.writeWeight(one, first, unpackGguf("apart", type, stored));
            assert.equal(backend.writeBlocks(two, first, dtype, stored), true);
            assert.deepEqual(await elements(backend, two), await elements(backend, one));
            for (const tensor of [one, two]) backend.free(tensor);
          }),
          { numRuns: 20 },
        );
      });

      test(`${type}: what is not whole panels, or has a scale that is not finite, is left to the host`, () => {
        assert.ok(isPacked(dtype));
        const weight = backend.allocWeight([20, block], dtype, "weight");
        const stored = randomBlocks(20, bytes, halves, 7);
        const rows = (from: number, to: number) => stored.subarray(from * bytes, to * bytes);
        assert.equal(backend.writeBlocks(weight, 0, dtype, rows(0, 16)), true);
        assert.equal(backend.writeBlocks(weight, 0, dtype, rows(0, 20)), false);
        assert.equal(backend.writeBlocks(weight, 4 * block, dtype, rows(4, 12)), false);
        assert.throws(() => backend.writeBlocks(weight, 16 * block, dtype, rows(0, 8)), {
          code: "ERR_RANGE",
        });
        const other = dtype === "q8_0" ? "q4_0" : "q8_0";
        const others = new Uint8Array(8 * 18 * 34);
        assert.equal(backend.writeBlocks(weight, 0, other, others), false);
        for (const at of halves)
          for (const row of [0, 7, 12]) {
            const damaged = stored.slice(0, 16 * bytes);
            damaged[row * bytes + at + 1] = 0x7c;
            damaged[row * bytes + at] = 0;
            assert.equal(backend.writeBlocks(weight, 0, dtype, damaged), false, `row ${row}`);
          }
        backend.free(weight);
        const stack = backend.allocWeight([2, 12, block], dtype, "matrices of a panel and a half");
        assert.equal(backend.writeBlocks(stack, 0, dtype, rows(0, 8)), false);
        backend.free(stack);
      });
    }

    for (const dtype of ["f32", "bf16", "f16"] as const)
      test(`whole panels of ${dtype} are what was written, in whatever parts`, async () => {
        const sizes = fc.record({
          matrices: fc.integer({ min: 1, max: 3 }),
          rows: fc.integer({ min: 1, max: 40 }),
          columns: fc.integer({ min: 1, max: 37 }),
          cut: fc.integer({ min: 0, max: 40 }),
        });
        await fc.assert(
          fc.asyncProperty(sizes, async ({ matrices, rows, columns, cut }) => {
            const count = matrices * rows * columns;
            const weight = backend.allocWeight([matrices, rows, columns], dtype, "weight");
            const small = (i: number) => ((i * 37) % 251) - 125; // exact in all of them
            const bits = Uint16Array.from({ length: count }, (_, i) => halfOf(small(i), dtype));
            const floats = Float32Array.from({ length: count }, (_, i) => small(i));
            const data = new Uint8Array(dtype === "f32" ? floats.buffer : bits.buffer);
            const width = dtype === "f32" ? 4 : 2;
            const at = Math.min(cut, matrices * rows) * columns;
            for (const [from, to] of [
              [at, count],
              [0, at],
            ] as const)
              if (to > from)
                backend.writeWeight(weight, from, {
                  dtype,
                  data: data.subarray(from * width, to * width),
                });
            assert.deepEqual(await backend.read(weight), floats);
            backend.free(weight);
          }),
          { numRuns: 100 },
        );
      });
  });

test("every f16 becomes the f32 of the same value, in whole panels and in single rows", async () => {
  const backend = await openSplitBackend(2);
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const wanted = Float32Array.from(bits, (half) => halfValues()[half] as number);
  for (const columns of [2 ** 13, 2 ** 13 - 1]) {
    const count = 8 * columns;
    const weight = backend.allocWeight([8, columns], "f16", "halves");
    const data = new Uint8Array(bits.buffer, 0, 2 * count);
    backend.writeWeight(weight, 0, { dtype: "f16", data });
    const whole = (await backend.read(weight)) as Float32Array;
    backend.writeWeight(weight, 0, { dtype: "f16", data: data.subarray(0, 6 * columns) });
    assert.deepEqual(await backend.read(weight), whole);
    for (let i = 0; i < count; i++)
      assert.ok(Object.is(whole[i], wanted[i]), `${i}: ${whole[i]} for ${wanted[i]}`);
    backend.free(weight);
  }
  backend.dispose();
});

/** A small whole number as f16 or bf16. */
function halfOf(value: number, dtype: "f32" | "bf16" | "f16"): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] as number;
  if (dtype !== "f16") return bits >>> 16;
  if (value === 0) return 0;
  return ((bits >>> 16) & 0x8000) | ((((bits >>> 23) & 255) - 112) << 10) | ((bits >>> 13) & 0x3ff);
}
