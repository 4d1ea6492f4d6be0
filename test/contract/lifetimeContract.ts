import assert from "node:assert/strict";
import { test } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { type BackendKind, ONE_TOKEN, refuses, Subject } from "./subject.ts";

/** Every call that takes a tensor. */
function callsWith(
  backend: Backend,
  tensor: DeviceTensor,
  other: DeviceTensor,
): Record<string, () => unknown> {
  const data = new Uint8Array(4);
  return {
    read: () => backend.read(tensor),
    "read of nothing": () => backend.read(tensor, 0, 0),
    "read of a range that is none": () => backend.read(tensor, -1),
    write: () => backend.write(tensor, 0, Float32Array.of(1)),
    "write of nothing": () => backend.write(tensor, 0, new Float32Array(0)),
    "write of another type": () => backend.write(tensor, 0, Int32Array.of(1)),
    writeWeight: () => backend.writeWeight(tensor, 0, { dtype: "f32", data }),
    "copy from": () => backend.copy(tensor, 0, other, 0, 1),
    "copy to": () => backend.copy(other, 0, tensor, 0, 1),
    "copy of nothing": () => backend.copy(tensor, 0, other, 0, 0),
    execute: () => backend.execute([{ kind: "add", a: tensor, b: tensor, out: other }], ONE_TOKEN),
    free: () => backend.free(tensor),
  };
}

export function lifetimeContract(kind: BackendKind): void {
  const subject = new Subject(kind);

  test("a freed tensor is refused by every call, also by a second free", async () => {
    const [freed, other] = [subject.floats([1, 2], [1, 2]), subject.floats([1, 2], [3, 4])];
    subject.free(freed);
    for (const call of Object.values(callsWith(subject.backend, freed, other)))
      await subject.refuses("ERR_TENSOR_FREED", call);
    assert.deepEqual(await subject.values(other), [3, 4]);
  });

  test("a freed weight is refused too", async () => {
    const weight = subject.allocWeight([2], "bf16", "weight");
    subject.free(weight);
    const bytes = { dtype: "bf16", data: new Uint8Array(4) } as const;
    await subject.refuses("ERR_TENSOR_FREED", () => subject.backend.writeWeight(weight, 0, bytes));
    await subject.refuses("ERR_TENSOR_FREED", () => subject.backend.read(weight));
    await subject.refuses("ERR_TENSOR_FREED", () => subject.backend.free(weight));
  });

  test("memory that was freed can be had again, any number of times", () => {
    const length = 2 ** 18;
    for (let i = 0; i < 50; i++) subject.free(subject.alloc([length], "f32"));
    assert.deepEqual({ ...subject.backend.memory }, { tensors: 0, bytes: 0 });
  });

  test("dispose frees everything, once, and every call after it is refused", async () => {
    const backend = await kind.open();
    const [tensor, other] = [
      backend.alloc([1, 2], "f32", "tensor"),
      backend.alloc([1, 2], "f32", "other"),
    ];
    const freed = backend.alloc([1], "f32", "freed");
    backend.free(freed);
    const program: Operator[] = [{ kind: "add", a: tensor, b: tensor, out: other }];
    backend.execute(program, ONE_TOKEN);
    backend.dispose();
    backend.dispose();
    assert.deepEqual({ ...backend.memory }, { tensors: 0, bytes: 0 });
    assert.equal(backend.info.name, kind.name);
    const calls = {
      ...callsWith(backend, tensor, other),
      alloc: () => backend.alloc([1], "f32", "late"),
      "alloc of a wrong shape": () => backend.alloc([0], "f32", "late"),
      allocWeight: () => backend.allocWeight([1], "bf16", "late"),
      "execute what ran before": () => backend.execute(program, ONE_TOKEN),
      "execute nothing": () => backend.execute([], ONE_TOKEN),
      "execute no step": () => backend.execute([], { nTokens: 0, start: 0 }),
      "free what was freed": () => backend.free(freed),
      flush: () => backend.flush(),
    };
    for (const call of Object.values(calls)) await refuses("ERR_DISPOSED", call);
    assert.deepEqual({ ...backend.memory }, { tensors: 0, bytes: 0 });
    backend.dispose();
  });

  test("dispose fails the reads and flushes that wait", async () => {
    const backend = await kind.open();
    const tensor = backend.alloc([4], "f32", "tensor");
    backend.write(tensor, 0, Float32Array.of(1, 2, 3, 4));
    const waiting = [
      backend.read(tensor),
      backend.read(tensor, 1, 2),
      backend.read(tensor, 0, 0),
      backend.flush(),
    ];
    backend.dispose();
    for (const promise of await Promise.allSettled(waiting)) {
      assert.equal(promise.status, "rejected");
      assert.equal((promise as PromiseRejectedResult).reason.code, "ERR_DISPOSED");
    }
  });

  test("dispose by the first of many reads leaves the others values or ERR_DISPOSED", async () => {
    const backend = await kind.open();
    const tensor = backend.alloc([2], "i32", "tensor");
    backend.write(tensor, 0, Int32Array.of(1, 2));
    const first = backend.read(tensor).then(() => backend.dispose());
    const others = Array.from({ length: 20 }, () => backend.read(tensor));
    for (const other of await Promise.allSettled(others))
      if (other.status === "fulfilled") assert.deepEqual([...other.value], [1, 2]);
      else assert.equal(other.reason.code, "ERR_DISPOSED", String(other.reason));
    await first;
  });

  test("a read that was awaited before dispose has its values", async () => {
    const backend = await kind.open();
    const tensor = backend.alloc([2], "i32", "tensor");
    backend.write(tensor, 0, Int32Array.of(1, 2));
    const values = await backend.read(tensor);
    backend.dispose();
    assert.deepEqual([...values], [1, 2]);
  });
}
