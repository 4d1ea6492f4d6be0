import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import { compile } from "../../engine/backend/webgpu/operators/compile.ts";
import type { OperatorCase } from "../differential/cases/operatorCase.ts";
import { operatorCases } from "../differential/operatorCases.ts";

/** What WebGPU promises of every device. */
const MOST_BUFFERS = 8;

function bindings(given: OperatorCase): number {
  const tensors = Object.entries(given.fields).map(([label, { shape }]): [string, DeviceTensor] => [
    label,
    Object.assign({ shape, dtype: "f32", label, sizeBytes: 0 } as const, { parts: [{}] }),
  ]);
  const kernels = compile(given.operator(Object.fromEntries(tensors)));
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
