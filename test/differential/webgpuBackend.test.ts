import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { WeightBytes } from "../../engine/backend/backend.ts";
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

describe("weights on WebGPU", () => {
  let backend: WebGpuBackend;
  before(async () => {
    backend = await open();
  });
  after(() => backend.dispose());
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
});

describe("execution on WebGPU", () => {
  let backend: WebGpuBackend;
  before(async () => {
    backend = await open();
  });
  after(() => backend.dispose());

  test("gives kernels of more widths than one buffer holds the parameters of each its own", async () => {
    const adders = Array.from({ length: 300 }, (_, i) => adder(backend, 300 - i));
    backend.execute([...adders, ...adders.slice(0, 20)], one);
    for (const [i, { out }] of adders.entries())
      assert.deepEqual(
        await backend.read(out),
        floats(300 - i).map((x) => x + x),
        `width ${300 - i}`,
      );
    for (const { a, b, out } of adders) for (const tensor of [a, b, out]) backend.free(tensor);
  });

  test("submits a step, its ranking and what is copied and read in the same turn at once", async () => {
    const op = adder(backend);
    const kept = backend.alloc([1, 4], "f32", "kept");
    await backend.prepare([op], one);
    await backend.flush();
    const submissions = backend.submissionCount;
    backend.execute([op], one);
    backend.copy(op.out, 0, kept, 0, 4);
    const ranked = await backend.rankLastRow(op.out, 1);
    assert.equal(backend.submissionCount, submissions + 1);
    assert.deepEqual([...(ranked?.ids ?? [])], [3, 2, 1, 0]);
    backend.execute([op], one); // nobody reads it: the end of the turn submits it
    await null;
    assert.equal(backend.submissionCount, submissions + 2);
    // Steps of one turn each have their own numbers.
    backend.write(
      op.a,
      0,
      floats(4).map((x) => 2 * x),
    );
    backend.execute([op], one);
    backend.execute([op], { nTokens: 1, start: 5 });
    assert.deepEqual(
      await backend.read(op.out),
      floats(4).map((x) => 2 * x + x),
    );
    for (const tensor of [op.a, op.b, op.out, kept]) backend.free(tensor);
  });

  test("makes pipelines and bind groups once and dispatches each time", async () => {
    const op = adder(backend);
    await backend.prepare([op], one);
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

  test("measures more operators than a set of queries has room for", async () => {
    const { out, ...rest } = adder(backend);
    const program = new Array(2100).fill({ ...rest, out });
    const dispatches = backend.dispatchCount;
    const { durationNs: times } = await backend.profile(program, one);
    assert.equal(times.length, 2100);
    assert.equal(backend.dispatchCount, dispatches + 2100);
    assert.ok(times.subarray(2048).some((ns) => ns > 0));
    assert.deepEqual(
      await backend.read(out),
      floats(4).map((x) => x + x),
    );
  });

  test("does not measure on an adapter without timestamps, and says so", async () => {
    const { adapter, release } = await requireNodeAdapter();
    const features = new Set([...adapter.features].filter((name) => name !== "timestamp-query"));
    const { info, limits } = adapter;
    const requestDevice: GPUAdapter["requestDevice"] = (given) => adapter.requestDevice(given);
    const without = await createWebGpuBackend({
      adapter: { features, info, limits, requestDevice } as unknown as GPUAdapter,
      release,
    });
    assert.equal(without.info.operatorTimes, null);
    const op = adder(without);
    await assert.rejects(without.profile([op], one), {
      code: "ERR_NO_TIMESTAMPS",
      message: /^profile: expected .*timestamp-query, got .*llvmpipe.* Do without/,
    });
    without.dispose();
  });

  test("compiles beforehand what a step needs, and nothing else", async () => {
    const op = adder(backend, 7);
    await backend.prepare([op], one);
    const before = backend.pipelineCount;
    const weight = backend.allocWeight([3, 7], "f32", "weight");
    const out = backend.alloc([1, 3], "f32", "product");
    const product: Operator = {
      ...{ kind: "matmul", rows: "tokens", x: op.out, weight, bias: null, residual: null, out },
    };
    const program = [op, product];
    await backend.prepare(program, one);
    const compiled = backend.pipelineCount;
    assert.equal(compiled, before + 1, "of the forms of the product that for one column");
    backend.execute(program, one);
    await backend.flush();
    assert.equal(backend.pipelineCount, compiled);
    await assert.rejects(backend.prepare(program, { nTokens: 2, start: 0 }), { code: "ERR_STEP" });
    for (const tensor of [op.a, op.b, op.out, weight, out]) backend.free(tensor);
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
    backend.free(op.out); // whoever cleans up need not know of it
    assert.throws(() => backend.free(op.out), { code: "ERR_TENSOR_FREED" });
    backend.dispose();
    assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
  });
});
