import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import type { DeviceTensor, WeightBytes } from "../../engine/backend/backend.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { widen } from "../../engine/backend/widen.ts";

const open = async () => createWebGpuBackend(await requireNodeAdapter());
const floats = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.fround(i / 7 - 1));
const one = { nTokens: 1, start: 0 };

function adder(backend: WebGpuBackend, n = 4): Extract<Operator, { kind: "add" }> {
  const a = backend.alloc([1, n], "f32", "a");
  const b = backend.alloc([1, n], "f32", "b");
  backend.write(a, 0, floats(n));
  backend.write(b, 0, floats(n));
  return { kind: "add", a, b, out: backend.alloc([1, n], "f32", "out") };
}

function bytes(dtype: "bf16" | "f16", values: Uint16Array): WeightBytes {
  return { dtype, data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

describe("tensors on WebGPU", () => {
  let backend: WebGpuBackend;
  before(async () => {
    backend = await open();
  });
  after(() => backend.dispose());
  beforeEach(() => assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 }));

  test("are counted while they live and freed once", () => {
    const a = backend.alloc([3, 5], "f32", "a");
    const w = backend.allocWeight([3, 5], "bf16", "w");
    assert.deepEqual(backend.memory, { tensors: 2, bytes: 60 + 30 });
    backend.free(a);
    backend.free(a);
    backend.free(w);
  });

  test("come back as they were written, whole and in part", async () => {
    const t = backend.alloc([2, 5], "f32", "t");
    backend.write(t, 0, floats(10));
    backend.write(t, 3, Float64Array.of(0.1));
    const expected = floats(10);
    expected[3] = 0.1;
    assert.deepEqual(await backend.read(t), expected);
    assert.deepEqual(await backend.read(t, 3, 4), expected.slice(3, 7));
    assert.equal((await backend.read(t, 10)).length, 0);
    const ids = backend.alloc([3], "i32", "ids");
    backend.write(ids, 0, Int32Array.of(-1, 2 ** 31 - 1, 0));
    assert.deepEqual(await backend.read(ids), Int32Array.of(-1, 2 ** 31 - 1, 0));
    backend.free(t);
    backend.free(ids);
  });

  test("hold every finite bf16 and f16 value exactly, read by shaders as by the host", async () => {
    for (const dtype of ["bf16", "f16"] as const) {
      const hasValue = (half: number) =>
        dtype === "bf16" ? (half & 0x7f80) !== 0x7f80 : (half & 0x7c00) !== 0x7c00;
      // WGSL may flush subnormal f32 to zero, which is what small bf16 are.
      const isNormal = (half: number) =>
        dtype === "f16" || (half & 0x7f80) !== 0 || half << 17 === 0;
      const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter(
        (half) => hasValue(half) && isNormal(half),
      );
      const expected = new Float32Array(all.length);
      widen(bytes(dtype, all), expected, 0);
      const table = backend.allocWeight([1, all.length], dtype, "table");
      backend.writeWeight(table, 0, bytes(dtype, all));
      const ids = backend.alloc([1], "i32", "ids");
      backend.write(ids, 0, Int32Array.of(0));
      const out = backend.alloc([1, all.length], "f32", "out");
      backend.execute([{ kind: "embed", ids, table, out }], one);
      assert.deepEqual(await backend.read(out), expected, dtype);
      assert.deepEqual(await backend.read(table), expected, dtype);
      for (const tensor of [table, ids, out]) backend.free(tensor);
    }
  });

  test("take packed weights in pieces of odd length at odd offsets", async () => {
    const values = Uint16Array.from({ length: 13 }, (_, i) => 0x3f80 + i * 3);
    const expected = new Float32Array(13);
    widen(bytes("bf16", values), expected, 0);
    const orders = [
      [0, 1, 4, 5, 8, 13],
      [0, 3, 6, 9, 13],
      [0, 13],
      [0, 7, 8, 9, 10, 13],
    ];
    for (const cuts of orders)
      for (const reverse of [false, true]) {
        const w = backend.allocWeight([13], "bf16", "w");
        const pieces = cuts.slice(1).map((end, i) => [cuts[i]!, end] as const);
        for (const [start, end] of reverse ? pieces.reverse() : pieces)
          backend.writeWeight(w, start, bytes("bf16", values.slice(start, end)));
        assert.deepEqual(await backend.read(w), expected, `${cuts} reverse=${reverse}`);
        assert.deepEqual(await backend.read(w, 3, 5), expected.slice(3, 8));
        backend.free(w);
      }
  });

  test("widen packed bytes into f32 weights and refuse to narrow", () => {
    const w = backend.allocWeight([2], "f32", "w");
    backend.writeWeight(w, 0, bytes("f16", Uint16Array.of(0x3c00, 0x0001)));
    const packed = backend.allocWeight([2], "bf16", "packed");
    const f32: WeightBytes = { dtype: "f32", data: new Uint8Array(8) };
    assert.throws(() => backend.writeWeight(packed, 0, f32), { code: "ERR_DTYPE" });
    backend.free(w);
    backend.free(packed);
  });

  test("are copied in order with execution, also within one tensor", async () => {
    const op = adder(backend);
    const kept = backend.alloc([2, 4], "f32", "kept");
    backend.execute([op], one);
    backend.copy(op.out, 0, kept, 0, 4);
    backend.copy(kept, 0, kept, 2, 4);
    backend.write(op.a, 0, new Float32Array(4));
    backend.execute([op], one);
    const sum = floats(4).map((x) => x + x);
    assert.deepEqual((await backend.read(kept)).slice(2, 6), sum);
    assert.deepEqual(await backend.read(op.out), floats(4));
    for (const tensor of [op.a, op.b, op.out, kept]) backend.free(tensor);
  });

  test("refuse ranges, shapes and sizes they cannot have", async () => {
    const t = backend.alloc([4], "f32", "t");
    const i = backend.alloc([4], "i32", "i");
    assert.throws(() => backend.write(t, 2, floats(3)), { code: "ERR_RANGE" });
    await assert.rejects(backend.read(t, 0, 5), { code: "ERR_RANGE" });
    assert.throws(() => backend.write(i, 0, floats(2)), { code: "ERR_DTYPE" });
    assert.throws(() => backend.copy(t, 0, i, 0, 1), { code: "ERR_DTYPE" });
    assert.throws(() => backend.alloc([0], "f32", "empty"), { code: "ERR_SHAPE" });
    const tooMany = backend.info.maxTensorBytes / 4 + 1;
    assert.throws(() => backend.alloc([tooMany], "f32", "huge"), {
      code: "ERR_TENSOR_TOO_LARGE",
      message: new RegExp(String(backend.info.maxTensorBytes)),
    });
    backend.free(t);
    backend.free(i);
  });
});

describe("execution on WebGPU", () => {
  let backend: WebGpuBackend;
  before(async () => {
    backend = await open();
  });
  after(() => backend.dispose());

  test("makes pipelines and bind groups once and dispatches each time", async () => {
    const op = adder(backend);
    await backend.warmUp([op]);
    const pipelines = backend.pipelineCount;
    const dispatches = backend.dispatchCount;
    for (let i = 0; i < 3; i++) backend.execute([op, op], one);
    assert.equal(backend.pipelineCount, pipelines);
    assert.equal(backend.dispatchCount, dispatches + 6);
    assert.deepEqual(
      await backend.read(op.out),
      floats(4).map((x) => x + x),
    );
    // Another shape of the same operator needs no new shader.
    backend.execute([adder(backend, 9)], one);
    assert.equal(backend.pipelineCount, pipelines);
  });

  test("refuses freed and foreign tensors and steps that do not fit", async () => {
    const op = adder(backend);
    assert.throws(() => backend.execute([op], { nTokens: 2, start: 0 }), { code: "ERR_STEP" });
    assert.throws(() => backend.execute([op], { nTokens: 0, start: 0 }), { code: "ERR_STEP" });
    backend.execute([op], one);
    backend.free(op.b);
    assert.throws(() => backend.execute([op], one), { code: "ERR_FREED" });
    const foreign: DeviceTensor = { shape: [1, 4], dtype: "f32", label: "foreign", sizeBytes: 16 };
    assert.throws(() => backend.execute([{ ...op, b: foreign }], one), {
      code: "ERR_FOREIGN_TENSOR",
    });
    await backend.flush();
  });

  test("runs grids of more workgroups than one axis can have", async () => {
    const [rows, width] = [40_000, 64];
    const ids = backend.alloc([rows], "i32", "ids");
    backend.write(
      ids,
      0,
      Int32Array.from({ length: rows }, (_, i) => i % 2),
    );
    const table = backend.allocWeight([2, width], "f32", "table");
    const values = Float32Array.from({ length: 2 * width }, (_, i) => i);
    backend.writeWeight(table, 0, { dtype: "f32", data: new Uint8Array(values.buffer) });
    const out = backend.alloc([rows, width], "f32", "out");
    backend.execute([{ kind: "embed", ids, table, out }], { nTokens: rows, start: 0 });
    assert.deepEqual(await backend.read(out, (rows - 1) * width), values.slice(width));
  });
});

describe("errors of the device", () => {
  test("that it reports late reach the next flush with Dawn's words, once", async () => {
    const backend = await open();
    backend.device.createBuffer({ size: 16, usage: 0xffff });
    await assert.rejects(backend.flush(), { code: "ERR_GPU", message: /BufferUsage/ });
    await backend.flush();
    backend.dispose();
  });

  test("memory that runs out is told by name, and the backend goes on", async () => {
    const backend = await open();
    const kept: GPUBuffer[] = [];
    const fill = async () => {
      for (let i = 0; i < 1024; i++) {
        const size = backend.device.limits.maxBufferSize;
        kept.push(backend.device.createBuffer({ label: `huge ${i}`, size, usage: 0x80 }));
        await backend.flush();
      }
    };
    await assert.rejects(fill(), { code: "ERR_OUT_OF_MEMORY", message: /huge \d+/ });
    for (const buffer of kept) buffer.destroy();
    const op = adder(backend);
    backend.execute([op], one);
    assert.deepEqual(
      await backend.read(op.out),
      floats(4).map((x) => x + x),
    );
    backend.dispose();
  });

  test("a lost device fails what waits and everything after", async () => {
    const backend = await open();
    const op = adder(backend);
    backend.execute([op], one);
    const waiting = backend.read(op.out);
    backend.device.destroy();
    await assert.rejects(waiting, { code: "ERR_DEVICE_LOST" });
    assert.throws(() => backend.execute([op], one), { code: "ERR_DEVICE_LOST" });
    assert.throws(() => backend.alloc([1], "f32", "t"), { code: "ERR_DEVICE_LOST" });
    await assert.rejects(backend.flush(), { code: "ERR_DEVICE_LOST" });
    backend.dispose();
    assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
  });

  test("a disposed backend frees everything and refuses further work by name", async () => {
    const backend = await open();
    const op = adder(backend);
    backend.execute([op], one);
    const waiting = backend.read(op.out);
    backend.dispose();
    backend.dispose();
    backend.free(op.out);
    assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
    await assert.rejects(waiting, { code: "ERR_DISPOSED" });
    assert.throws(() => backend.execute([op], one), { code: "ERR_DISPOSED" });
    await assert.rejects(backend.read(op.out), { code: "ERR_DISPOSED" });
  });
});
