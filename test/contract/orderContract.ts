import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceTensor } from "../../engine/backend/deviceTensor.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { type BackendKind, ONE_TOKEN, Subject } from "./subject.ts";

export function orderContract(kind: BackendKind): void {
  const subject = new Subject(kind);

  /** out = a + b, of two elements. */
  const adder = (): Extract<Operator, { kind: "add" }> => ({
    kind: "add",
    a: subject.floats([1, 2], [1, 2], "a"),
    b: subject.floats([1, 2], [10, 20], "b"),
    out: subject.floats([1, 2], [0, 0], "out"),
  });
  const write = (tensor: DeviceTensor, ...values: number[]) =>
    subject.backend.write(tensor, 0, Float32Array.from(values));

  test("a read gives the values at its call, whatever follows before it is awaited", async () => {
    const { backend } = subject;
    const op = adder();
    const program = [op];
    const reads = [subject.values(op.out)];
    backend.execute(program, ONE_TOKEN);
    reads.push(subject.values(op.out));
    write(op.a, 5, 5);
    backend.execute(program, ONE_TOKEN);
    reads.push(subject.values(op.out));
    write(op.out, 7, 8);
    reads.push(subject.values(op.out), subject.values(op.out, 1, 1));
    backend.copy(op.b, 0, op.out, 0, 2);
    reads.push(subject.values(op.out));
    subject.free(op.out);
    subject.floats([1, 2], [-1, -1], "in its place");
    assert.deepEqual(await Promise.all(reads), [[0, 0], [11, 22], [15, 25], [7, 8], [8], [10, 20]]);
  });

  test("writes, copies and executions take effect one after the other", async () => {
    const { backend } = subject;
    const op = adder();
    const kept = subject.floats([4, 2], new Array(8).fill(0));
    for (const [row, value] of [3, 4, 5].entries()) {
      write(op.a, value, value);
      backend.execute([op], ONE_TOKEN);
      backend.copy(op.out, 0, kept, 2 * row, 2);
      write(op.out, 0, 0);
      backend.copy(kept, 2 * row, op.b, 0, 2);
    }
    backend.copy(kept, 0, kept, 2, 6);
    assert.deepEqual(await subject.values(kept), [13, 23, 13, 23, 17, 27, 22, 32]);
    assert.deepEqual(await subject.values(op.b), [22, 32]);
    assert.deepEqual(await subject.values(op.out), [0, 0]);
  });

  test("operators of one program see what those before them wrote", async () => {
    const [x, sum] = [subject.floats([1, 2], [1, 2]), subject.alloc([1, 2], "f32")];
    const [more, most] = [subject.alloc([1, 2], "f32"), subject.alloc([1, 2], "f32")];
    subject.backend.execute(
      [
        { kind: "add", a: x, b: x, out: sum },
        { kind: "add", a: sum, b: x, out: more },
        { kind: "add", a: more, b: sum, out: most },
      ],
      ONE_TOKEN,
    );
    assert.deepEqual(await subject.values(most), [5, 10]);
  });

  test("what was enqueued has its tensors, though they are freed at once", async () => {
    const { backend } = subject;
    const op = adder();
    const [from, kept] = [subject.floats([2], [3, 4]), subject.floats([4], [0, 0, 0, 0])];
    backend.copy(from, 0, kept, 0, 2);
    subject.free(from);
    backend.execute([op], ONE_TOKEN);
    subject.free(op.a);
    backend.copy(op.out, 0, kept, 2, 2);
    subject.free(op.out);
    subject.free(op.b);
    assert.deepEqual(await subject.values(kept), [3, 4, 11, 22]);
  });

  test("a host array is the caller's own again once it was written", async () => {
    const { backend } = subject;
    const [floats, rounded, ints] = [
      subject.alloc([2], "f32"),
      subject.alloc([2], "f32"),
      subject.alloc([2], "i32"),
    ];
    const arrays = [Float32Array.of(1, 2), Float64Array.of(3, 4), Int32Array.of(5, 6)] as const;
    backend.write(floats, 0, arrays[0]);
    backend.write(rounded, 0, arrays[1]);
    backend.write(ints, 0, arrays[2]);
    const weight = subject.allocWeight([2], "bf16", "weight");
    const data = Uint8Array.of(0x80, 0x3f, 0, 0x40);
    backend.writeWeight(weight, 0, { dtype: "bf16", data });
    for (const array of [...arrays, data]) array.fill(9);
    const reads = [floats, rounded, ints, weight].map((tensor) => subject.values(tensor));
    assert.deepEqual(await Promise.all(reads), [
      [1, 2],
      [3, 4],
      [5, 6],
      [1, 2],
    ]);
  });

  test("flush waits for what was enqueued, and for nothing where there is nothing", async () => {
    const op = adder();
    await subject.backend.flush();
    subject.backend.execute([op], ONE_TOKEN);
    await Promise.all([subject.backend.flush(), subject.backend.flush()]);
    assert.deepEqual(await subject.values(op.out), [11, 22]);
  });
}
