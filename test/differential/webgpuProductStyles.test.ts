import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { OperatorKind } from "../../engine/backend/operators.ts";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import {
  CANDIDATES,
  COLUMN_CLASSES,
  choiceOf,
  PRODUCT_STYLES,
  type ProductChoice,
} from "../../engine/backend/webgpu/products/productChoice.ts";
import { lanesFor } from "../../engine/backend/webgpu/products/productForm.ts";
import { productForms } from "../../engine/backend/webgpu/products/productForms.ts";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { matmul } from "./cases/denseCases.ts";
import { expertsDown, expertsUp } from "./cases/expertCases.ts";
import type { OperatorCase } from "./cases/operatorCase.ts";
import { compareWithReference, operatorCases } from "./operatorCases.ts";
import { CaseOnBackend, type Outputs } from "./runCase.ts";

const KINDS: ReadonlySet<OperatorKind> = new Set(["mlaAbsorbQuery", "mlaExpand", "projectHeads"]);

/** Every form of every style: one column, few and many; tiles of rows and columns that are not full; several lanes of K. */
const cases: readonly OperatorCase[] = [
  matmul(1, 640, 261, "bf16", true, true),
  matmul(5, 192, 300, "f16", true, false),
  matmul(70, 300, 70, "f32", false, true),
  matmul(70, 33, 9, "bf16", false, false),
  ...operatorCases.filter(({ kind }) => KINDS.has(kind)).filter((_, i) => i % 4 === 0),
  ...operatorCases.filter(({ kind, name }) => kind === "matmul" && /^T=70 .*q8_0/.test(name)),
  expertsUp({ T: 70, E: 3, k: 2, M: 132, I: 33, dtype: "bf16", bias: "bf16", idle: true }),
  expertsDown({ T: 17, E: 5, k: 3, M: 40, I: 68, dtype: "f32", idle: true }),
  expertsDown({ T: 70, E: 4, k: 2, M: 33, I: 160, dtype: "bf16", onlyLast: true }),
];

/** Products of one column, of few and of many, with one weight and with two. */
const ofCandidates = new Set(cases.filter((_, i) => i < 3 || i === cases.length - 3));

/** Every form that may be chosen, each in one of the choices at least. */
const candidates = Array.from(
  { length: Math.max(...COLUMN_CLASSES.map((columns) => CANDIDATES[columns].length)) },
  (_, i) => {
    const [one, few, many] = COLUMN_CLASSES.map((columns) => {
      const forms = CANDIDATES[columns];
      return forms[i % forms.length];
    });
    return { one, few, many } as ProductChoice;
  },
);

describe("the styles of matrix products on WebGPU", () => {
  const backends = new Map<string, WebGpuBackend>();
  before(async () => {
    for (const productStyle of PRODUCT_STYLES) {
      const backend = await createWebGpuBackend({ ...(await requireNodeAdapter()), productStyle });
      assert.deepEqual(backend.products, choiceOf(productStyle));
      backends.set(productStyle, backend);
    }
    for (const [i, products] of candidates.entries())
      backends.set(
        `candidates ${i}`,
        await createWebGpuBackend({ ...(await requireNodeAdapter()), products }),
      );
  });
  after(() => {
    for (const backend of backends.values()) {
      assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
      backend.dispose();
    }
  });

  for (const given of cases)
    test(`give the same bits: ${given.kind} ${given.name}`, async () => {
      let wanted: Outputs | undefined;
      for (const [style, backend] of backends) {
        if (style.startsWith("candidates") && !ofCandidates.has(given)) continue; // each compiles shaders anew
        await compareWithReference(backend, given);
        const running = new CaseOnBackend(backend, given);
        const got = await running.run();
        running.free();
        wanted ??= got;
        assert.deepEqual(got, wanted, style);
      }
    });

  test("lanes of K have workgroups of their own where there are few tiles, with the same bits", async () => {
    const few = matmul(70, 256, 66, "bf16", true, true);
    for (const [given, dispatches] of [
      [few, 2],
      [{ ...few, step: { ...few.step, nTokens: 9 } }, 2],
      [matmul(70, 127, 66, "bf16", true, true), 1], // one lane
      [matmul(70, 256, 32 * 64 + 1, "bf16", false, false), 1], // many tiles
    ] as const) {
      const outputs: Outputs[] = [];
      for (const style of ["workgroup", "lanes"]) {
        const backend = backends.get(style) as WebGpuBackend;
        const running = new CaseOnBackend(backend, given);
        const before = backend.dispatchCount;
        outputs.push(await running.run());
        running.free();
        const wanted = style === "workgroup" ? dispatches : 1;
        assert.equal(backend.dispatchCount - before, wanted, `${given.name} by ${style}`);
      }
      assert.deepEqual(outputs[0], outputs[1], given.name);
    }
  });

  test("a style that is none, or that the adapter does not have, is refused by name", async () => {
    const given = await requireNodeAdapter();
    for (const productStyle of ["tiles", ""] as never[])
      await assert.rejects(createWebGpuBackend({ ...given, productStyle }), {
        code: "ERR_OPTION",
        message: /productStyle.*workgroup, lanes, subgroups/,
      });
    given.release();
  });
});

describe("the forms of a product", () => {
  const subgroups = { least: 32, areNumbered: true };
  const choices = [
    ...PRODUCT_STYLES.map((style) => [style, choiceOf(style)] as const),
    ...candidates.map((choice, i) => [`candidates ${i}`, choice] as const),
  ];
  for (const [name, choice] of choices)
    test(`${name}: every number of columns has one, within what every device has`, () => {
      for (const weights of [["weight"], ["gate", "up"]])
        for (const [k, n] of [
          [7, 5],
          [64, 16],
          [896, 4864],
          [8192, 8192],
        ] as const)
          for (const unit of [1, 4] as const) {
            const forms = productForms(
              { unit, k, n, weights, hasScales: unit === 4 },
              { products: choice, subgroups },
            );
            for (const columns of [1, 2, 8, 9, 512])
              assert.equal(forms.filter(({ applies }) => applies(columns)).length, 1);
            for (const { form } of forms) {
              assert.ok(form.size <= 256 && form.memoryBytes <= 16384, `${form.memoryBytes} bytes`);
              assert.ok(form.rows >= 1 && Number.isInteger(form.rows));
            }
          }
    });

  test("the lanes of a product follow from K alone, with two segments of 32 or more for each", () => {
    assert.deepEqual(
      [1, 127, 128, 255, 256, 896, 2048, 1e6].map(lanesFor),
      [1, 1, 2, 2, 4, 8, 32, 32],
    );
  });
});
