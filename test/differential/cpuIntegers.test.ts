import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import type { CpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import {
  errorOf,
  errorOfRounding,
  multiply,
  productOf,
  ROWS,
  TOKENS,
  WIDTH,
} from "../fixtures/roundedProducts.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";
import type { OperatorCase } from "./cases/operatorCase.ts";
import { Seeded } from "./cases/seeded.ts";
import { operatorCases } from "./operatorCases.ts";
import { CaseOnBackend, type Outputs } from "./runCase.ts";

/** Of the sum of |products|. Activations of 8 bits are far beyond it, as a test below shows, and float32 far within. */
const BOUND = 1e-5;
/** The same of the exact arithmetic: sums in float32 are about as far. */
const EXACT_BOUND = 1e-7;
/** Of an operator's largest output, which is less than the sum of |products|. */
const EXPERT_BOUND = 1e-4;
const DTYPES = ["q8_0", "mxfp4", "q4_0", "q4_k", "q5_k", "q6_k"] as const;

const expertCases = operatorCases.filter(
  ({ kind, name }) => kind.startsWith("experts") && DTYPES.some((dtype) => name.includes(dtype)),
);

async function outputsOf(backend: Backend, operatorCase: OperatorCase): Promise<Outputs> {
  const running = new CaseOnBackend(backend, operatorCase);
  try {
    return await running.run();
  } finally {
    running.free();
  }
}

describe("products in whole numbers of 16 bits", () => {
  let integer: readonly CpuBackend[] = [];
  let exact: CpuBackend;
  before(async () => {
    integer = await Promise.all([1, 3].map((threads) => openSplitBackend(threads, "i16")));
    exact = await openSplitBackend(1);
  });
  after(() => {
    for (const backend of [...integer, exact]) backend.dispose();
  });

  test("each backend says which arithmetic is its own", () => {
    for (const { info } of integer) assert.ok(info.arithmetic === "i16");
    assert.ok(exact.info.arithmetic === "exact");
  });

  assert.equal(expertCases.length, 3 * 4 + 3 * 2);
  for (const operatorCase of expertCases)
    test(`${operatorCase.kind} ${operatorCase.name}: as near float64, by whole numbers, on any threads`, async () => {
      const reference = createReferenceBackend();
      const wanted = (await outputsOf(reference, operatorCase)).get("out");
      reference.dispose();
      const found = (await outputsOf(integer[0] as CpuBackend, operatorCase)).get("out");
      assert.ok(wanted && found);
      let [largest, difference] = [0, 0];
      for (const [i, value] of wanted.entries()) {
        largest = Math.max(largest, Math.abs(value));
        difference = Math.max(difference, Math.abs((found[i] as number) - value));
      }
      assert.ok(difference < EXPERT_BOUND * largest, `${difference / largest}`);
      assert.deepEqual((await outputsOf(integer[1] as CpuBackend, operatorCase)).get("out"), found);
      assert.notDeepEqual((await outputsOf(exact, operatorCase)).get("out"), found);
    });

  test("products of one input have its numbers as they are then, in one program and apart", async () => {
    for (const backend of [exact, ...integer]) {
      const { weight, x } = productOf("q8_0");
      const w = backend.allocWeight([ROWS, WIDTH], "q8_0", "weight");
      backend.writeWeight(w, 0, weight);
      const floats = backend.allocWeight([WIDTH, 4], "f32", "floats");
      const random = new Seeded(3);
      backend.writeWeight(floats, 0, random.weight(4 * WIDTH, "f32"));
      const other = backend.alloc([TOKENS, 4], "f32", "other");
      backend.write(other, 0, random.floats(4 * TOKENS));
      const from = backend.alloc([TOKENS, WIDTH], "f32", "x");
      const wide = backend.alloc([TOKENS, WIDTH], "f32", "wide");
      backend.write(wide, 0, x);
      const outs = ["a", "b", "c", "d"].map((name) => backend.alloc([TOKENS, ROWS], "f32", name));
      const operator = { kind: "matmul", rows: "tokens", bias: null, residual: null } as const;
      const [a, b, c, d] = outs.map((out) => ({ ...operator, x: from, weight: w, out }));
      assert.ok(a && b && c && d);
      const half = { kind: "clamp", x: wide, limit: 0.25, out: from } as const;
      const over = { ...operator, x: other, weight: floats, out: from };
      const program = [a, b, half, c, over, d];
      const step = { nTokens: TOKENS, start: 0 };
      const results = async (programs: readonly Operator[][]) => {
        backend.write(from, 0, x);
        for (const part of programs) backend.execute(part, step);
        return Promise.all(outs.map((out) => backend.read(out)));
      };
      const apart = await results(program.map((part) => [part]));
      assert.deepEqual(await results([program]), apart);
      assert.deepEqual(apart[0], apart[1]);
      assert.notDeepEqual(apart[1], apart[2]);
      assert.notDeepEqual(apart[2], apart[3]);
      for (const tensor of [w, floats, other, wide, from, ...outs]) backend.free(tensor);
    }
  });

  for (const dtype of DTYPES) {
    const product = productOf(dtype);

    test(`${dtype}: exact is as near float64 as float32 is, beside values that are 1000 times larger too`, async () => {
      const x = product.x.slice();
      for (let i = 5; i < x.length; i += 97) x[i] = (x[i] as number) * 1000;
      for (const [given, bound] of [
        [product, EXACT_BOUND],
        [{ ...product, x }, 5 * EXACT_BOUND],
      ] as const) {
        const values = await multiply(exact, given, TOKENS);
        const error = errorOf(given, (token, row) => values[token * ROWS + row] as number);
        assert.ok(error < bound, `${error} of the sum of |products|`);
      }
    });

    test(`${dtype}: near float64 as 16 bits are, and not in float32`, async () => {
      const values = await multiply(integer[0] as CpuBackend, product, TOKENS);
      const error = errorOf(product, (token, row) => values[token * ROWS + row] as number);
      assert.ok(error < BOUND, `${error} of the sum of |products|`);
      const rounding = errorOfRounding(product, 16);
      assert.ok(error < 1.2 * rounding + 3e-7, `${error}, where rounding x makes ${rounding}`);
      assert.ok(error > rounding / 2, `${error} is not rounded to 16 bits`);
      const floats = await multiply(exact, product, TOKENS);
      const inFloats = errorOf(product, (token, row) => floats[token * ROWS + row] as number);
      assert.ok(inFloats < BOUND / 8, `${inFloats} in float32`);
      assert.notDeepEqual(values, floats);
    });

    test(`${dtype}: the same bits for one token and for many, on one thread and on three`, async () => {
      const wanted = await multiply(integer[0] as CpuBackend, product, TOKENS);
      for (const backend of integer)
        for (const stepTokens of [1, 2, 3, 6, TOKENS])
          assert.deepEqual(await multiply(backend, product, stepTokens), wanted, `${stepTokens}`);
    });

    test(`${dtype}: the bound is none that 8 bits would hold`, () => {
      assert.ok(errorOfRounding(product, 8) > 8 * BOUND);
    });

    test(`${dtype}: what is not finite stays in its row, and is not finite there`, async () => {
      const x = product.x.slice();
      x[3] = Number.NaN;
      x[2 * WIDTH + 40] = Number.POSITIVE_INFINITY;
      const wanted = await multiply(integer[0] as CpuBackend, product, TOKENS);
      const found = await multiply(integer[0] as CpuBackend, { ...product, x }, TOKENS);
      for (const token of [0, 2])
        assert.ok(!found.subarray(token * ROWS, (token + 1) * ROWS).some(Number.isFinite));
      assert.deepEqual(found.subarray(3 * ROWS), wanted.subarray(3 * ROWS));
    });
  }
});
