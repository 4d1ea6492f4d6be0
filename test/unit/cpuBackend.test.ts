import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DeviceTensor } from "../../engine/backend/backend.ts";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";

const mebibyte = 2 ** 20;
const oneToken = { nTokens: 1, start: 0 };

function halves(...words: number[]): Uint8Array {
  return new Uint8Array(new Uint16Array(words).buffer);
}

describe("the cpu backend keeps its books", () => {
  test("memory counts tensors and bytes, and dispose empties it", async () => {
    const b = await createCpuBackend();
    const a = b.alloc([3, 5], "f32", "a");
    b.allocWeight([4, 2], "bf16", "w");
    assert.deepEqual(b.memory, { tensors: 2, bytes: 60 + 16 });
    b.free(a);
    assert.deepEqual(b.memory, { tensors: 1, bytes: 16 });
    b.dispose();
    assert.deepEqual(b.memory, { tensors: 0, bytes: 0 });
    assert.throws(() => b.alloc([1], "f32", "c"), { code: "ERR_DISPOSED" });
    await assert.rejects(b.read(a), { code: "ERR_DISPOSED" });
  });

  test("running out of memory is an error that leaves everything as it was", async () => {
    const b = await createCpuBackend({ maxMemoryBytes: 4 * mebibyte });
    const kept = b.alloc([2], "f32", "kept");
    b.write(kept, 0, Float32Array.of(1, 2));
    const large = b.alloc([mebibyte / 2], "f32", "large");
    const before = b.memory;
    assert.throws(() => b.alloc([mebibyte - 1024 * 64], "f32", "cache"), {
      code: "ERR_OUT_OF_MEMORY",
      message: /"cache" within the 4194304 that WebAssembly can address/,
    });
    assert.throws(() => b.alloc([2 * mebibyte], "f32", "giant"), { code: "ERR_TENSOR_TOO_LARGE" });
    assert.deepEqual(b.memory, before);
    assert.deepEqual([...(await b.read(kept))], [1, 2]);
    b.free(large);
    b.free(b.alloc([mebibyte / 2], "f32", "fits again"));
    b.free(kept);
    assert.deepEqual(b.memory, { tensors: 0, bytes: 0 });
  });

  test("bf16 weights stay packed, f16 weights are widened, both exactly", async () => {
    const b = await createCpuBackend();
    const packed = b.allocWeight([3], "bf16", "packed");
    assert.equal(packed.dtype, "bf16");
    b.writeWeight(packed, 1, { dtype: "bf16", data: halves(0xc049, 0x0001) });
    assert.deepEqual([...(await b.read(packed, 1))], [-3.140625, 2 ** -133]);
    const widened = b.allocWeight([2], "f16", "widened");
    assert.equal(widened.dtype, "f32");
    b.writeWeight(widened, 0, { dtype: "f16", data: halves(0x3c01, 0x8001) });
    assert.deepEqual([...(await b.read(widened))], [1 + 2 ** -10, -(2 ** -24)]);
    assert.throws(() => b.writeWeight(packed, 0, { dtype: "f32", data: new Uint8Array(4) }), {
      code: "ERR_DTYPE",
    });
  });

  test("a program that was run is refused once a tensor of it is freed", async () => {
    const b = await createCpuBackend();
    const make = (label: string): DeviceTensor => b.alloc([1, 4], "f32", label);
    const [x, y, out] = [make("x"), make("y"), make("sum")];
    b.write(x, 0, Float32Array.of(1, 2, 3, 4));
    b.write(y, 0, Float32Array.of(10, 20, 30, 40));
    const program: Operator[] = [{ kind: "add", a: x, b: y, out }];
    b.execute(program, oneToken);
    assert.deepEqual([...(await b.read(out))], [11, 22, 33, 44]);
    b.free(y);
    assert.throws(() => b.execute(program, oneToken), {
      code: "ERR_TENSOR_FREED",
      message: /got "y" after free/,
    });
    assert.throws(() => b.free(y), { code: "ERR_TENSOR_FREED" });
  });

  test("results survive the growth of the memory in the middle of a program", async () => {
    const b = await createCpuBackend();
    const x = b.alloc([1, 4], "f32", "x");
    const out = b.alloc([1, 4], "f32", "out");
    b.write(x, 0, Float32Array.of(1, 2, 3, 4));
    const program: Operator[] = [{ kind: "swiGlu", gate: x, up: x, out }];
    b.execute(program, oneToken);
    const before = await b.read(out);
    const large = b.alloc([8 * mebibyte], "f32", "large");
    b.write(large, 8 * mebibyte - 1, Float32Array.of(5));
    b.execute(program, oneToken);
    assert.deepEqual(await b.read(out), before);
    assert.deepEqual([...(await b.read(large, 8 * mebibyte - 1))], [5]);
  });
});

describe("the cpu backend refuses what it cannot run", () => {
  test("a token id outside the table and an expert that does not exist are named", async () => {
    const b = await createCpuBackend();
    const ids = b.alloc([2], "i32", "ids");
    b.write(ids, 0, Int32Array.of(1, 7));
    const embed: Operator = {
      kind: "embed",
      ids,
      table: b.alloc([3, 2], "f32", "table"),
      out: b.alloc([2, 2], "f32", "out"),
    };
    b.execute([embed], oneToken);
    assert.throws(() => b.execute([embed], { nTokens: 2, start: 0 }), {
      code: "ERR_INDEX",
      message: /expected token ids from 0 to 2, got 7 at row 1/,
    });
    const indices = b.alloc([1, 2], "i32", "indices");
    b.write(indices, 0, Int32Array.of(0, -1));
    const down: Operator = {
      kind: "expertsDown",
      h: b.alloc([1, 2, 3], "f32", "h"),
      indices,
      down: b.alloc([4, 5, 3], "f32", "down"),
      bias: null,
      out: b.alloc([1, 2, 5], "f32", "out"),
    };
    assert.throws(() => b.execute([down], oneToken), {
      code: "ERR_INDEX",
      message: /expected expert indices from 0 to 3, got -1 in slot 1/,
    });
  });

  test("tensors of another backend, wrong shapes and steps that do not fit are named", async () => {
    const [a, b] = await Promise.all([createCpuBackend(), createCpuBackend()]);
    const [mine, theirs, narrow] = [
      a.alloc([1, 4], "f32", "mine"),
      b.alloc([1, 4], "f32", "theirs"),
      a.alloc([1, 3], "f32", "narrow"),
    ];
    const out = a.alloc([1, 4], "f32", "out");
    assert.throws(() => a.execute([{ kind: "add", a: mine, b: theirs, out }], oneToken), {
      code: "ERR_FOREIGN_TENSOR",
    });
    assert.throws(() => a.execute([{ kind: "add", a: mine, b: narrow, out }], oneToken), {
      code: "ERR_SHAPE",
      message: /^add: expected b with 4 elements a row, got f32 \(1, 3\) "narrow"\. /,
    });
    assert.throws(() => a.execute([{ kind: "add", a: mine, b: out, out }], oneToken), {
      code: "ERR_SHAPE",
      message: /expected out to be a tensor of its own, got the tensor of b/,
    });
    assert.throws(
      () => a.execute([{ kind: "add", a: mine, b: mine, out }], { nTokens: 2, start: 0 }),
      { code: "ERR_STEP" },
    );
    const alien = createReferenceBackend().alloc([1, 4], "f32", "alien");
    assert.throws(() => a.write(alien, 0, Float32Array.of(1)), { code: "ERR_FOREIGN_TENSOR" });
  });

  test("ranges outside a tensor are refused by read, write and copy", async () => {
    const b = await createCpuBackend();
    const [x, y] = [b.alloc([4], "f32", "x"), b.alloc([4], "f32", "y")];
    b.write(x, 0, Float32Array.of(1, 2, 3, 4));
    b.copy(x, 1, y, 2, 2);
    assert.deepEqual([...(await b.read(y, 2))], [2, 3]);
    assert.throws(() => b.write(x, 3, Float32Array.of(1, 2)), { code: "ERR_RANGE" });
    assert.throws(() => b.copy(x, 0, y, 3, 2), { code: "ERR_RANGE" });
    await assert.rejects(b.read(x, 2, 3), { code: "ERR_RANGE" });
  });
});
