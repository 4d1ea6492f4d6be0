import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import type { Operator } from "../../engine/backend/operators.ts";

const mebibyte = 2 ** 20;
const oneToken = { nTokens: 1, start: 0 };

function halves(...words: number[]): Uint8Array {
  return new Uint8Array(new Uint16Array(words).buffer);
}

describe("the cpu backend keeps its books", () => {
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
