import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { WeightBytes } from "../../engine/backend/backend.ts";
import { writtenTensors } from "../../engine/backend/checkOperator.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import type { Matmul, Operator } from "../../engine/backend/operators.ts";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import { PRODUCT_STYLES } from "../../engine/backend/webgpu/products/productChoice.ts";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";
import { angleTables } from "./cases/angleTables.ts";
import { Seeded } from "./cases/seeded.ts";

/** Steps of one token, of few and of many, at rows and positions of their own. */
const STEPS = [
  { nTokens: 1, start: 3 },
  { nTokens: 5, start: 0, row: 2 },
  { nTokens: 40, start: 7, row: 1 },
];
const ROWS = 50;

for (const productStyle of PRODUCT_STYLES)
  describe(`operators that are carried out together (${productStyle})`, () => {
    let backend: WebGpuBackend;
    let random: Seeded;
    before(async () => {
      random = new Seeded(11);
      backend = await createWebGpuBackend({ ...(await requireNodeAdapter()), productStyle });
    });
    after(() => backend.dispose());

    const floats = (...shape: number[]) => {
      const tensor = backend.alloc(shape, "f32", "values");
      backend.write(tensor, 0, random.floats(shape.reduce((a, b) => a * b, 1)));
      return tensor;
    };
    const weight = (shape: readonly number[], dtype: "f32" | "bf16" | "q8_0") => {
      const tensor = backend.allocWeight(shape, dtype, "weight");
      const count = shape.reduce((a, b) => a * b, 1);
      backend.writeWeight(tensor, 0, bytesOf(random, count, dtype));
      return tensor;
    };
    const product = (x: DeviceTensor, n: number, dtype: "f32" | "bf16" | "q8_0", bias: boolean) => {
      const k = (x.shape[1] ?? 0) * (x.shape[2] ?? 1);
      const operator: Matmul = {
        ...{ kind: "matmul", rows: "tokens", x, weight: weight([n, k], dtype), residual: null },
        ...{ bias: bias ? weight([n], "f32") : null, out: floats(ROWS, n) },
      };
      return operator;
    };

    /** Every output of the program after each step, which it takes whole or operator by operator. */
    const outputs = async (program: readonly Operator[], apart: boolean) => {
      const found: HostArray[] = [];
      for (const step of STEPS) {
        for (const tensor of program.flatMap(writtenTensors))
          backend.write(tensor, 0, new Float32Array(tensor.sizeBytes / 4).fill(-7));
        for (const part of apart ? program.map((op) => [op]) : [program])
          backend.execute(part, step);
        for (const tensor of program.flatMap(writtenTensors))
          found.push(await backend.read(tensor));
      }
      return found;
    };

    const together = async (program: readonly Operator[], dispatches: number) => {
      const wanted = await outputs(program, true);
      const before = backend.dispatchCount;
      assert.deepEqual(await outputs(program, false), wanted);
      assert.equal(backend.dispatchCount - before, STEPS.length * dispatches);
    };

    test("gate, up and the activation over them", async () => {
      for (const [dtypes, bias] of [
        [["bf16", "bf16"], false],
        [["q8_0", "f32"], true],
      ] as const) {
        const x = floats(ROWS, 96);
        const gate = product(x, 70, dtypes[0], bias);
        const up = product(x, 70, dtypes[1], false);
        const out = floats(ROWS, 70);
        await together([gate, up, { kind: "swiGlu", gate: gate.out, up: up.out, out }], 1);
      }
    });

    test("a product and the rows of a cache that it is written to", async () => {
      const cache = floats(ROWS, 36);
      const value = product(floats(ROWS, 64), 36, "bf16", true);
      await together([value, { kind: "writeRows", x: value.out, cache }], 1);
    });

    test("rotated keys and latents, and their caches", async () => {
      const { cos, sin } = angleTables(ROWS, 4);
      const table = (values: Float32Array) => {
        const tensor = backend.alloc([ROWS, 4], "f32", "angles");
        backend.write(tensor, 0, values);
        return tensor;
      };
      const angles = { cos: table(cos), sin: table(sin) };
      for (const layout of ["interleaved", "half"] as const) {
        const out = floats(ROWS, 3, 12);
        const rope: Operator = {
          ...{ kind: "rope", layout, offset: 2, dim: 8, x: floats(ROWS, 3, 12) },
          ...{ ...angles, out },
        };
        await together([rope, { kind: "writeRows", x: out, cache: floats(ROWS, 3, 12) }], 1);
        const latent = floats(ROWS, 28);
        const mlaLatent: Operator = {
          ...{ kind: "mlaLatent", layout, eps: 1e-6, x: floats(ROWS, 28) },
          ...{ ...angles, weight: weight([20], "f32"), out: latent },
        };
        await together([mlaLatent, { kind: "writeRows", x: latent, cache: floats(ROWS, 28) }], 1);
      }
    });

    test("norms of heads, their rotation and its cache", async () => {
      const { cos, sin } = angleTables(ROWS, 4);
      const angles = Object.fromEntries(
        Object.entries({ cos, sin }).map(([name, values]) => {
          const tensor = backend.alloc([ROWS, 4], "f32", name);
          backend.write(tensor, 0, values);
          return [name, tensor];
        }),
      ) as { cos: DeviceTensor; sin: DeviceTensor };
      for (const layout of ["interleaved", "half"] as const) {
        const normed = floats(ROWS, 3, 12);
        const norm: Operator = {
          ...{ kind: "rmsNorm", rows: "tokens", x: floats(ROWS, 3, 12), eps: 1e-6 },
          ...{ weight: weight([12], "f32"), out: normed },
        };
        const out = floats(ROWS, 3, 12);
        const rope: Operator = {
          ...{ kind: "rope", layout, offset: 2, dim: 8, x: normed },
          ...{ ...angles, out },
        };
        await together([norm, rope], 1);
        await together(
          [{ ...norm }, rope, { kind: "writeRows", x: out, cache: floats(ROWS, 3, 12) }],
          1,
        );
        await together(
          [{ ...norm }, rope, { kind: "writeRows", x: normed, cache: floats(ROWS, 3, 12) }],
          2,
        );
        const wholeRow = { ...norm, weight: weight([36], "f32") } as Operator;
        await together([wholeRow, rope], 2);
      }
    });

    test("what is added to the residual, and the norm of the sum", async () => {
      for (const [width, dtype] of [
        [36, "f32"],
        [1100, "bf16"],
      ] as const) {
        const sum = floats(ROWS, width);
        const add: Operator = {
          kind: "add",
          a: floats(ROWS, width),
          b: floats(ROWS, width),
          out: sum,
        };
        const norm: Operator = {
          ...{ kind: "rmsNorm", rows: "tokens", x: sum, eps: 1e-6 },
          ...{ weight: weight([width], dtype), out: floats(ROWS, width) },
        };
        await together([add, norm], 1);
        await together([{ ...add, b: add.a } as Operator, norm], 1);
        await together([{ ...add }, { ...norm, x: floats(ROWS, width) } as Operator], 2);
        const byParts = { ...norm, weight: weight([width / 4], "f32") } as Operator;
        await together([{ ...add }, byParts], 2);
      }
    });

    test("not others: what is read in between, or of another x, is carried out apart", async () => {
      const x = floats(ROWS, 32);
      const gate = product(x, 8, "f32", false);
      const up = product(x, 8, "f32", false);
      const other = product(floats(ROWS, 32), 8, "f32", false);
      const out = floats(ROWS, 8);
      const sum: Operator = { kind: "add", a: up.out, b: up.out, out: gate.out };
      const swiGlu: Operator = { kind: "swiGlu", gate: gate.out, up: up.out, out };
      await together([gate, up, sum, swiGlu], 4);
      await together([gate, other, { ...swiGlu, up: other.out }], 3);
      await together([gate, { kind: "writeRows", x: up.out, cache: floats(ROWS, 8) }], 2);
    });
  });

function bytesOf(random: Seeded, count: number, dtype: "f32" | "bf16" | "q8_0"): WeightBytes {
  if (dtype !== "q8_0") return random.weight(count, dtype);
  const data = Uint8Array.from(random.ints(count, 256));
  const scales = new Uint8Array(new Uint16Array(count / 32).fill(0x2c00).buffer);
  return { dtype, data, scales, group: 32 };
}
