import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import { choiceOf, PRODUCT_STYLES } from "../../engine/backend/webgpu/products/productChoice.ts";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import {
  errorOf,
  errorOfRounding,
  multiply,
  productOf,
  ROWS,
  TOKENS,
  WIDTH,
} from "../fixtures/roundedProducts.ts";
import { matmul } from "./cases/denseCases.ts";
import type { OperatorCase } from "./cases/operatorCase.ts";
import { packedBytes } from "./cases/packedCases.ts";
import { Seeded } from "./cases/seeded.ts";
import { operatorCases } from "./operatorCases.ts";
import { CaseOnBackend } from "./runCase.ts";

const DTYPES = ["q8_0", "q4_0", "q4_k", "q5_k", "q6_k"] as const;

/** Of an operator's largest output. */
const EXPERT_BOUND = 0.03;

/** One of each kind of codes, by few slots and by many. */
const expertCases = operatorCases.filter(
  ({ kind, name }) => kind.startsWith("experts") && /q8_0|q6_k/.test(name),
);

async function outputOf(
  backend: WebGpuBackend | ReturnType<typeof createReferenceBackend>,
  given: OperatorCase,
) {
  const running = new CaseOnBackend(backend, given);
  try {
    return (await running.run()).get("out") as Float32Array;
  } finally {
    running.free();
  }
}

describe("products in whole numbers of 8 bits", () => {
  const backends: WebGpuBackend[] = [];
  let exact: WebGpuBackend;
  before(async () => {
    for (const style of PRODUCT_STYLES)
      backends.push(
        await createWebGpuBackend({
          ...(await requireNodeAdapter()),
          products: choiceOf(style),
          arithmetic: "i8",
        }),
      );
    exact = await createWebGpuBackend(await requireNodeAdapter());
  });
  after(() => {
    for (const backend of [...backends, exact]) {
      assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
      backend.dispose();
    }
  });
  const first = () => backends[0] as WebGpuBackend;

  for (const dtype of DTYPES) {
    const product = productOf(dtype);

    test(`${dtype}: as near float64 as 8 bits are, and not nearer`, async () => {
      const values = await multiply(first(), product, TOKENS);
      const error = errorOf(product, (token, row) => values[token * ROWS + row] as number);
      const rounding = errorOfRounding(product, 8);
      assert.ok(error < 1.05 * rounding, `${error}, where rounding x makes ${rounding}`);
      assert.ok(error > 0.95 * rounding, `${error}, where rounding x makes ${rounding}`);
    });

    test(`${dtype}: the same bits for one token and for many, in every style`, async () => {
      const wanted = await multiply(first(), product, TOKENS);
      for (const backend of backends)
        for (const stepTokens of backend === first() ? [1, 6] : [1, 6, TOKENS])
          assert.deepEqual(await multiply(backend, product, stepTokens), wanted, `${stepTokens}`);
    });
  }

  test("what is not finite stays in its row, and is not finite there", async () => {
    const product = productOf("q8_0");
    const x = product.x.slice();
    x[3] = Number.NaN;
    x[2 * WIDTH + 40] = Number.POSITIVE_INFINITY;
    const wanted = await multiply(first(), product, TOKENS);
    const found = await multiply(first(), { ...product, x }, TOKENS);
    for (const token of [0, 2])
      assert.ok(!found.subarray(token * ROWS, (token + 1) * ROWS).some(Number.isFinite));
    assert.deepEqual(found.subarray(3 * ROWS), wanted.subarray(3 * ROWS));
  });

  assert.ok(expertCases.length >= 6, `${expertCases.length} cases`);
  for (const given of expertCases)
    test(`${given.kind} ${given.name}: near float64, the same bits in every style`, async () => {
      const reference = createReferenceBackend();
      const wanted = await outputOf(reference, given);
      reference.dispose();
      const found = await outputOf(first(), given);
      const largest = Math.max(...wanted.map(Math.abs));
      const difference = Math.max(...found.map((value, i) => Math.abs(value - (wanted[i] ?? 0))));
      assert.ok(difference < EXPERT_BOUND * largest, `${difference / largest}`);
      assert.notDeepEqual(await outputOf(exact, given), found);
      for (const backend of backends.slice(1))
        assert.deepEqual(await outputOf(backend, given), found);
    });

  test("gate and up together have the bits that they have apart, of other weights too", async () => {
    const random = new Seeded(5);
    for (const dtypes of [
      ["q8_0", "q4_0"],
      ["q8_0", "f8e4m3"],
      ["q4_k", "q6_k"],
    ] as const)
      for (const backend of backends) {
        const x = backend.alloc([9, 256], "f32", "x");
        backend.write(x, 0, random.floats(9 * 256));
        const weights = dtypes.map((dtype) => {
          const weight = backend.allocWeight([33, 256], dtype, dtype);
          backend.writeWeight(weight, 0, packedBytes(random, [33, 256], dtype));
          return weight;
        });
        const outs = ["gate", "up", "out"].map((name) => backend.alloc([9, 33], "f32", name));
        const [gate, up, out] = outs as [(typeof outs)[0], (typeof outs)[0], (typeof outs)[0]];
        const plain = { kind: "matmul", rows: "tokens", x, bias: null, residual: null } as const;
        const program: Operator[] = [
          { ...plain, weight: weights[0] as never, out: gate },
          { ...plain, weight: weights[1] as never, out: up },
          { kind: "swiGlu", gate, up, out },
        ];
        const results = async (parts: readonly Operator[][]) => {
          for (const part of parts) backend.execute(part, { nTokens: 9, start: 0 });
          return Promise.all(outs.map((tensor) => backend.read(tensor)));
        };
        const apart = await results(program.map((op) => [op]));
        assert.deepEqual(await results([program]), apart, dtypes.join());
        for (const tensor of [x, ...weights, ...outs]) backend.free(tensor);
      }
  });

  test("other weights, and weights by heads, are multiplied as by the exact arithmetic", async () => {
    const cases = [
      matmul(5, 192, 30, "bf16", true, false),
      ...operatorCases.filter(({ kind, name }) => kind === "matmul" && /mxfp4|f8e4m3/.test(name)),
      ...operatorCases.filter(({ kind, name }) => kind === "projectHeads" && /q8_0/.test(name)),
    ];
    assert.ok(cases.length > 2);
    for (const given of cases)
      assert.deepEqual(await outputOf(first(), given), await outputOf(exact, given), given.name);
  });

  test("it is told by the backend, and refused by name where the language cannot say it", async () => {
    assert.equal(first().info.arithmetic, "i8");
    assert.equal(exact.info.arithmetic, "exact");
    const { backend, reason } = await openBackend("auto", { arithmetic: "i8" });
    assert.deepEqual(
      [backend.info.name, backend.info.arithmetic, reason],
      ["webgpu", "i8", "auto: the arithmetic i8 is of webgpu alone"],
    );
    backend.dispose();
    await assert.rejects(openBackend("cpu", { arithmetic: "i8" }), {
      code: "ERR_OPTION",
      message: /expected "exact" or "i16" with the backend cpu, got "i8".*backend webgpu/,
    });
    const found = await requireNodeAdapter();
    for (const languageFeatures of [undefined, new Set(["subgroup_id"])])
      await assert.rejects(
        createWebGpuBackend({
          adapter: found.adapter,
          arithmetic: "i8",
          ...(languageFeatures && { languageFeatures }),
        }),
        {
          code: "ERR_OPTION",
          message: /packed_4x8_integer_dot_product for "i8", got .*Leave it out/,
        },
      );
    for (const arithmetic of ["i16", ""] as never[])
      await assert.rejects(createWebGpuBackend({ ...found, arithmetic }), {
        code: "ERR_OPTION",
        message: /expected "exact" or "i8" with the backend webgpu/,
      });
    found.release();
  });
});
