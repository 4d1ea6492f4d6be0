import assert from "node:assert/strict";
import { test } from "node:test";
import type { WeightBytes } from "../../engine/backend/backend.ts";
import { PACKED_FORMATS, type PackedDType } from "../../engine/backend/packed.ts";
import { type BackendKind, Subject } from "./subject.ts";

const WEIGHT_DTYPES: readonly WeightBytes["dtype"][] = [
  "f32",
  "bf16",
  "f16",
  ...(Object.keys(PACKED_FORMATS) as PackedDType[]),
];

export function shapeContract(kind: BackendKind): void {
  const subject = new Subject(kind);

  test("memory counts live tensors and their bytes", () => {
    const { backend } = subject;
    const tensors = [
      subject.alloc([3, 5], "f32"),
      subject.alloc([7], "i32"),
      ...WEIGHT_DTYPES.map((dtype) => subject.allocWeight([4, 256], dtype, "packed")),
    ];
    while (tensors.length > 0) {
      const bytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      assert.ok(bytes > 0);
      assert.deepEqual({ ...backend.memory }, { tensors: tensors.length, bytes });
      subject.free(tensors.pop()!);
    }
    assert.deepEqual({ ...backend.memory }, { tensors: 0, bytes: 0 });
  });

  test("a tensor says what it is, whatever becomes of the array that gave its shape", async () => {
    const shape = [2, 3];
    const tensor = subject.alloc(shape, "i32", "ids");
    shape[0] = 9;
    assert.deepEqual(tensor.shape, [2, 3]);
    assert.equal(tensor.label, "ids");
    assert.equal(tensor.dtype, "i32");
    assert.equal((await subject.values(tensor)).length, 6);
  });

  test("no axes make one element", async () => {
    assert.deepEqual(await subject.values(subject.floats([], [0.5])), [0.5]);
  });

  test("every axis is a whole number from 1", async () => {
    for (const shape of [
      [0],
      [2, 0],
      [0, 2 ** 60],
      [-1],
      [-2, -3],
      [1.5],
      [Number.NaN],
      [Infinity],
    ])
      for (const call of [
        () => subject.alloc(shape, "f32"),
        () => subject.alloc(shape, "i32"),
        ...WEIGHT_DTYPES.map((dtype) => () => subject.allocWeight(shape, dtype, "weight")),
      ])
        await subject.refuses("ERR_SHAPE", call);
  });

  test("what is larger than a tensor may be is refused, also where the product is no safe integer", async () => {
    const { maxTensorBytes } = subject.backend.info;
    for (const shape of [
      [Math.floor(maxTensorBytes / 4) + 1],
      [2 ** 40],
      [2 ** 40, 2 ** 40],
      [2 ** 31, 2 ** 31, 2 ** 31],
      [2 ** 53 - 1, 2 ** 53 - 1],
      Array.from({ length: 40 }, () => 2 ** 30),
    ]) {
      await subject.refuses("ERR_TENSOR_TOO_LARGE", () => subject.alloc(shape, "f32"));
      await subject.refuses("ERR_TENSOR_TOO_LARGE", () => subject.alloc(shape, "i32"));
    }
    for (const dtype of WEIGHT_DTYPES)
      for (const shape of [
        [2 ** 40, 2 ** 40],
        [2 ** 31, 2 ** 31, 2 ** 35],
      ])
        await subject.refuses("ERR_TENSOR_TOO_LARGE", () => subject.allocWeight(shape, dtype, "w"));
  });

  test("packed weights have rows of whole groups", async () => {
    for (const dtype of Object.keys(PACKED_FORMATS) as PackedDType[])
      for (const shape of [[4, 33], [16], [64, 8], [], [2 ** 40, 2 ** 40, 33]])
        await subject.refuses("ERR_SHAPE", () => subject.allocWeight(shape, dtype, "packed"));
    for (const dtype of ["q4_k", "q5_k", "q6_k"] as const)
      for (const shape of [
        [4, 128],
        [2, 384],
      ])
        await subject.refuses("ERR_SHAPE", () => subject.allocWeight(shape, dtype, "packed"));
  });
}
