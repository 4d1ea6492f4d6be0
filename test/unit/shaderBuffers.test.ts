import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { compile } from "../../engine/backend/webgpu/operators/compile.ts";
import { choiceOf, PRODUCT_STYLES } from "../../engine/backend/webgpu/products/productChoice.ts";
import type { OperatorCase } from "../differential/cases/operatorCase.ts";
import { operatorCases } from "../differential/operatorCases.ts";

/** What WebGPU promises of every device. */
const MOST_BUFFERS = 8;

const scratch = (words: number, label: string) =>
  ({ shape: [words], dtype: "i32", label, sizeBytes: 4 * words }) as const;

const subgroups = { least: 8, areNumbered: true };

function bindings(given: OperatorCase): number {
  const tensors = Object.entries(given.fields).map(([label, { shape }]): [string, DeviceTensor] => [
    label,
    Object.assign({ shape, dtype: "f32", label, sizeBytes: 0 } as const, { parts: [{}] }),
  ]);
  const operator = given.operator(Object.fromEntries(tensors));
  const kernels = PRODUCT_STYLES.flatMap((style) =>
    compile(operator, { products: choiceOf(style), subgroups, arithmetic: "exact", scratch }),
  );
  return Math.max(...kernels.map((kernel) => kernel.bindings.length));
}

test("no shader of the cases binds more buffers than every device has", () => {
  const tooMany = operatorCases.filter((given) => bindings(given) > MOST_BUFFERS);
  assert.deepEqual(
    tooMany.map(({ kind, name }) => `${kind} ${name}`),
    [],
  );
  assert.equal(Math.max(...operatorCases.map(bindings)), MOST_BUFFERS);
});
