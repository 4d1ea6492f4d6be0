import assert from "node:assert/strict";
import { test } from "node:test";
import { checkOperator } from "../../engine/backend/checkOperator.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { formOf } from "../../engine/backend/webgpu/kernelForms.ts";
import { compile } from "../../engine/backend/webgpu/operators/compile.ts";
import { choiceOf, PRODUCT_STYLES } from "../../engine/backend/webgpu/products/productChoice.ts";
import { type Shader, shader } from "../../engine/backend/webgpu/shader.ts";
import { WebGpuTensor } from "../../engine/backend/webgpu/tensor.ts";
import { TensorPart } from "../../engine/backend/webgpu/tensorPart.ts";
import type { OperatorCase } from "../differential/cases/operatorCase.ts";
import { operatorCases } from "../differential/operatorCases.ts";

/** A tensor without a device. */
function tensorOf(
  shape: readonly number[],
  dtype: WebGpuTensor["dtype"],
  weightDType: WebGpuTensor["weightDType"] = null,
): WebGpuTensor {
  const part = new TensorPart({} as GPUBuffer, shape, dtype, 0);
  return new WebGpuTensor({}, shape, dtype, weightDType, "", [part]);
}

function operatorOf({ fields, operator }: OperatorCase): Operator {
  const tensors = Object.entries(fields).map(([name, field]): [string, DeviceTensor] => {
    if (field.role === "weight") {
      const { dtype } = field.data;
      return [name, tensorOf(field.shape, dtype, dtype)];
    }
    const initial = field.role === "out" ? field.initial : field.data;
    return [name, tensorOf(field.shape, initial instanceof Int32Array ? "i32" : "f32")];
  });
  return operator(Object.fromEntries(tensors));
}

const subgroups = { least: 8, areNumbered: true };

function shadersOf(op: Operator): Shader[] {
  const { tokenTensors } = checkOperator(op);
  return PRODUCT_STYLES.flatMap((style) => {
    const scratch = (words: number) => tensorOf([words], "i32");
    return compile(op, { products: choiceOf(style), subgroups, arithmetic: "exact", scratch }).map(
      (kernel) => shader({ ...kernel, tokenTensors }),
    );
  });
}

test("operators of one form have the same shaders with the same parameters", () => {
  const known = new Map<string, Shader[]>();
  for (const given of operatorCases) {
    const op = operatorOf(given);
    const form = formOf(op);
    const shaders = shadersOf(op);
    assert.deepEqual(shaders, known.get(form) ?? shaders, `${given.kind} ${given.name}`);
    known.set(form, shaders);
  }
  const { size } = known;
  assert.ok(size > operatorCases.length / 2 && size < operatorCases.length, `${size} forms`);
});

test("a form tells numbers, shapes, dtypes and tensors in two places apart", () => {
  const [a, b] = [tensorOf([2, 4], "f32"), tensorOf([2, 4], "f32")];
  const add = (changes: object = {}) =>
    formOf({ kind: "add", a, b, out: tensorOf([2, 4], "f32"), ...changes } as Operator);
  assert.equal(add({ a: b, b: a }), add(), "buffers are not told apart");
  const clamp = (limit: number) => formOf({ kind: "clamp", x: a, limit } as unknown as Operator);
  const pooled = (pool: object | null) =>
    formOf({ kind: "attentionTile", q: a, k: b, pool } as unknown as Operator);
  const distinct = [
    ...[add(), add({ b: a }), add({ b: tensorOf([2, 5], "f32") })],
    add({ b: tensorOf([2, 4], "f16", "f16") }),
    ...[clamp(0.1), clamp(0.1 + Number.EPSILON), clamp(0), clamp(-0)],
    ...[pooled(null), pooled({ size: 2, kind: "max" }), pooled({ size: 2, kind: "mean" })],
  ];
  assert.equal(new Set(distinct).size, distinct.length);
  const gelu = { kind: "gelu", x: b, out: a } as Operator;
  const other = { kind: "gelu", x: tensorOf([2, 4], "f32"), out: a } as Operator;
  const first = { kind: "add", a, b, out: tensorOf([2, 4], "f32") } as Operator;
  assert.notEqual(formOf(first, gelu), formOf(first, other), "what two operators share");
});
