import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { type BackendKind, ONE_TOKEN, Subject } from "./subject.ts";

export function profileContract(kind: BackendKind): void {
  const subject = new Subject(kind);
  const numbers = (shape: readonly number[]) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return subject.floats(
      shape,
      Array.from({ length }, (_, i) => Math.sin(i)),
    );
  };
  const product = (x: DeviceTensor, out: DeviceTensor): Operator => ({
    ...{ kind: "matmul", rows: "tokens", bias: null, residual: null },
    ...{ x, weight: numbers([64, 64]), out },
  });
  const sum = (a: DeviceTensor): Operator => ({
    kind: "add",
    a,
    b: a,
    out: subject.alloc([2, 64], "f32"),
  });

  test("gives each operator a time, and changes no bit", async () => {
    const x = numbers([2, 64]);
    const [first, second] = [subject.alloc([2, 64], "f32"), subject.alloc([2, 64], "f32")];
    const program = [product(x, first), product(first, second), sum(second)];
    const step = { nTokens: 2, start: 0 };
    subject.backend.execute(program, step);
    const wanted = await subject.values(second);
    subject.backend.write(second, 0, new Float32Array(128));
    const times = await subject.backend.profile(program, step);
    assert.deepEqual(await subject.values(second), wanted);
    const { startNs, durationNs } = times;
    assert.deepEqual([startNs.length, durationNs.length], [3, 3]);
    assert.ok(startNs.every((ns) => Number.isFinite(ns)));
    for (const ns of durationNs) assert.ok(ns >= 0 && ns < Number.POSITIVE_INFINITY, `${ns}`);
    assert.ok(
      durationNs.some((ns) => ns > 0),
      "nothing was measured",
    );
  });

  test("takes effect in the order of the calls, awaited or not", async () => {
    const x = subject.floats([1, 2], [1, 2]);
    const out = subject.alloc([1, 2], "f32");
    const times = subject.backend.profile([{ kind: "add", a: x, b: x, out }], ONE_TOKEN);
    subject.backend.write(x, 0, Float32Array.of(100, 100));
    assert.deepEqual(await subject.values(out), [2, 4]);
    assert.equal((await times).durationNs.length, 1);
  });

  test("has no times for a program without operators", async () => {
    const { startNs, durationNs } = await subject.backend.profile([], ONE_TOKEN);
    assert.deepEqual([startNs.length, durationNs.length], [0, 0]);
  });

  test("refuses what execute refuses", async () => {
    const [a, b] = [subject.floats([1, 2], [1, 2]), subject.floats([1, 3], [1, 2, 3])];
    const out = subject.alloc([1, 2], "f32");
    const profile = (operator: Operator, step = ONE_TOKEN) =>
      subject.backend.profile([operator], step);
    await subject.refuses("ERR_SHAPE", () => profile({ kind: "add", a, b, out }));
    await subject.refuses("ERR_STEP", () =>
      profile({ kind: "add", a, b: a, out }, { nTokens: 2, start: 0 }),
    );
    const freed = subject.floats([1, 2], [1, 2]);
    subject.free(freed);
    await subject.refuses("ERR_TENSOR_FREED", () => profile({ kind: "add", a, b: freed, out }));
  });
}
