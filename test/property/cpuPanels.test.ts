import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WeightBytes } from "../../engine/backend/backend.ts";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { instantiateKernels } from "../../engine/backend/cpu/instantiateKernels.ts";
import {
  DESCRIPTOR_BYTES,
  layPanels,
  panelLayout,
  type WeightKind,
} from "../../engine/backend/cpu/panelLayout.ts";
import { integerRowBytes } from "../../engine/backend/cpu/prepare/integerRows.ts";
import { isPacked, PACKED_FORMATS, packedLayout } from "../../engine/backend/packed.ts";
import { weightLength, weightSlice, widen } from "../../engine/backend/widen.ts";
import { Seeded } from "../differential/cases/seeded.ts";
import fc from "../fixtures/fastCheck.ts";

const KINDS = [
  ...(["f32", "bf16", "f8e4m3", "q8_0", "mxfp4", "q4_0"] as const),
  ...(["q4_k", "q5_k", "q6_k"] as const),
];

/** Any bits, but no NaN, of which there are many. */
function seededBytes(dtype: WeightKind, shape: readonly number[], seed: number): WeightBytes {
  const random = new Seeded(seed);
  const count = shape.reduce((a, b) => a * b, 1);
  if (!isPacked(dtype)) {
    const data = random.weight(count, dtype).data;
    return { dtype, data };
  }
  const { group, codeBytes } = packedLayout(dtype, shape);
  const data = Uint8Array.from(random.ints(codeBytes, 127));
  const { scaleBytes } = PACKED_FORMATS[dtype];
  const scales = new Uint8Array((count / group) * scaleBytes);
  const view = new DataView(scales.buffer);
  for (let i = 0; i < scales.length; i += scaleBytes) {
    if (scaleBytes > 4) {
      scales.set(random.ints(scaleBytes, 64), i);
      view.setUint16(i, random.ints(1, 0x1400)[0]!, true);
    } else if (scaleBytes === 4) view.setFloat32(i, random.floats(1, 0.1)[0]!, true);
    else if (scaleBytes === 2) view.setUint16(i, random.ints(1, 0x3c00)[0]!, true);
    else view.setUint8(i, 120 + random.ints(1, 10)[0]!);
  }
  return { dtype, data, scales, group };
}

const valuesOf = (bytes: WeightBytes): Float32Array => {
  const values = new Float32Array(weightLength(bytes));
  widen(bytes, values, 0);
  return values;
};

const INTEGER_KINDS: ReadonlySet<string> = new Set([
  ...["q8_0", "mxfp4", "q4_0", "q4_k", "q5_k", "q6_k"],
]);

const dims = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 21 }),
  fc.integer({ min: 1, max: 70 }),
);

describe("weights in panels", () => {
  test("whole elements are read as they were written, in pieces of any length in any order", async () => {
    const backend = await createCpuBackend();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("f32" as const, "bf16" as const),
        dims,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
        fc.boolean(),
        async (dtype, shape, cuts, isReversed) => {
          const bytes = seededBytes(dtype, shape, shape[2] * 31 + shape[1]);
          const values = valuesOf(bytes);
          const places = [0, 1, ...cuts].map((cut) => Math.round(cut * values.length));
          places.sort((a, b) => a - b);
          const pieces = places.slice(1).map((to, i) => [places[i]!, to] as const);
          const weight = backend.allocWeight(shape, dtype, "weight");
          for (const [from, to] of isReversed ? pieces.reverse() : pieces)
            backend.writeWeight(weight, from, weightSlice(bytes, from, to));
          assert.deepEqual(await backend.read(weight), values);
          for (const [from, to] of pieces)
            assert.deepEqual(await backend.read(weight, from, to - from), values.slice(from, to));
          backend.free(weight);
        },
      ),
      { numRuns: 60 },
    );
    backend.dispose();
  });

  test("what lay in the memory before does not come into a product", async () => {
    const backend = await createCpuBackend();
    const results = [Number.NaN, 0].map(async (before) => {
      const old = backend.alloc([4096], "f32", "old");
      backend.write(old, 0, new Float32Array(4096).fill(before));
      backend.free(old);
      const weight = backend.allocWeight([3, 7], "bf16", "weight");
      const bytes = seededBytes("bf16", [3, 7], 1);
      backend.writeWeight(weight, 0, bytes);
      const x = backend.alloc([5, 7], "f32", "x");
      backend.write(
        x,
        0,
        Float32Array.from({ length: 35 }, (_, i) => Math.sin(i)),
      );
      const out = backend.alloc([5, 3], "f32", "out");
      const matmul = { kind: "matmul", rows: "tokens", bias: null, residual: null } as const;
      backend.execute([{ ...matmul, x, weight, out }], { nTokens: 5, start: 0 });
      const values = await backend.read(out);
      for (const tensor of [weight, x, out]) backend.free(tensor);
      return values;
    });
    const [withNaN, withZeros] = await Promise.all(results);
    assert.deepEqual(withNaN, withZeros);
    assert.ok(withNaN?.every(Number.isFinite));
    backend.dispose();
  });

  const ways = KINDS.flatMap((kind) => [
    { kind, limbs: 0, words: kind },
    ...(INTEGER_KINDS.has(kind)
      ? [
          { kind, limbs: 1, words: `${kind} in whole numbers of one limb` },
          { kind, limbs: 2, words: `${kind} in whole numbers of two` },
        ]
      : []),
  ]);
  for (const { kind, limbs, words } of ways)
    test(`${words}: a product has the same bits however its panels are split and its rows are taken`, async () => {
      const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536 });
      const kernels = (await instantiateKernels(memory, false)).kernels;
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 70 }),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 19 }),
          fc.array(fc.nat(9), { maxLength: 3 }),
          async (n, blocks, rows, cuts) => {
            const k = isPacked(kind) ? PACKED_FORMATS[kind].leastGroup * blocks : 32 * blocks - 13;
            const layout = panelLayout(kind, [n, k]);
            const weight = (kernels.heapBase() + 63) & ~63;
            const stage = (weight + DESCRIPTOR_BYTES + layout.sizeBytes + 63) & ~63;
            layPanels(memory.buffer, weight, layout);
            const bytes = seededBytes(kind, [n, k], n * k);
            new Uint8Array(memory.buffer, stage).set(bytes.data);
            kernels.writeElements(weight, 0, n * k, stage);
            if ("scales" in bytes) {
              new Uint8Array(memory.buffer, stage).set(bytes.scales);
              kernels.writeScales(weight, 0, (n * k) / bytes.group, stage);
            }
            const [x, out] = [stage, stage + 4 * rows * k];
            const integers = (out + 4 * rows * n + 63) & ~63;
            const scratch = (integers + rows * integerRowBytes(k, 2) + 63) & ~63;
            const inputs = new Float32Array(memory.buffer, x, rows * k);
            inputs.set(new Seeded(rows).floats(rows * k));
            if (limbs > 0) kernels.quantizeRows(limbs, x, k, integers, 0, rows);
            const [given, rowBytes] =
              limbs > 0 ? [integers, integerRowBytes(k, limbs)] : [x, 4 * k];
            const multiply = (first: number, count: number, from: number, to: number) => {
              const [xRow, outRow] = [given + first * rowBytes, out + 4 * first * n];
              kernels.matmul(weight, limbs, xRow, 0, 0, 0, count, outRow, from, to, scratch);
            };
            const result = () => new Int32Array(memory.buffer, out, rows * n).slice();
            multiply(0, rows, 0, layout.panels);
            const whole = result();
            const places = [0, ...cuts.map((cut) => cut % layout.panels), layout.panels];
            places.sort((a, b) => a - b);
            new Float32Array(memory.buffer, out, rows * n).fill(Number.NaN);
            for (const [i, to] of places.slice(1).entries()) multiply(0, rows, places[i]!, to);
            assert.deepEqual(result(), whole, "split");
            new Float32Array(memory.buffer, out, rows * n).fill(Number.NaN);
            for (let row = 0; row < rows; row++) multiply(row, 1, 0, layout.panels);
            assert.deepEqual(result(), whole, "row by row");
            if (limbs !== 2) return;
            kernels.matmul(weight, 0, x, 0, 0, 0, rows, out, 0, layout.panels, scratch);
            assert.deepEqual(result(), whole, "from floats");
          },
        ),
        { numRuns: 40 },
      );
    });
});
