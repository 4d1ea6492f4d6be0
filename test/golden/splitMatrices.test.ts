import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import { WebGpuTensor } from "../../engine/backend/webgpu/tensor.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { createModel } from "../../engine/createModel.ts";
import type { Model } from "../../engine/model.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { readNpy } from "../fixtures/readNpy.ts";
import { assertClose, assertSameBits } from "./compare.ts";

/** Folders of test/fixtures: every operator that reads a matrix, in every format that a device keeps one in. */
const FIXTURES = [
  "hf-random/deepseek_v2",
  "hf-random/deepseek_v32",
  "hf-random/gpt2",
  "hf-random/gpt_oss",
  "hf-random/mixtral",
  "hf-random/qwen2",
  "formats/fp8_ragged",
  "formats/gpt_oss_mxfp4",
  "formats/llama_sharded_tied",
  "formats/llama_sharded_untied",
];

async function open(folder: string, maxBindingBytes?: number) {
  const checkpoint = await openCheckpoint(folder);
  const limit = maxBindingBytes === undefined ? {} : { maxBindingBytes };
  const backend = await createWebGpuBackend({ ...(await requireNodeAdapter()), ...limit });
  const weights: WebGpuTensor[] = [];
  const { allocWeight } = backend;
  backend.allocWeight = (...given) => {
    const tensor = allocWeight.apply(backend, given);
    assert.ok(tensor instanceof WebGpuTensor);
    weights.push(tensor);
    return tensor;
  };
  const model = await createModel(checkpoint, { tokenizer: null, backend });
  await checkpoint.close();
  return { model, backend, weights };
}

describe("matrices larger than a binding may be lie in several buffers", () => {
  for (const fixture of FIXTURES)
    it(`and give the same bits: ${fixture}`, async () => {
      const folder = fileURLToPath(new URL(`../fixtures/${fixture}/`, import.meta.url));
      const ids = [...readNpy(`${folder}ids.npy`).data].slice(0, 10);
      const whole = await open(folder);
      assert.ok(whole.weights.every(({ parts }) => parts.length === 1));
      const largest = Math.max(...whole.weights.map(({ sizeBytes }) => sizeBytes));
      const split = await open(folder, Math.floor(largest / 2.5));
      const inThree = split.weights.filter(({ parts }) => parts.length === 3);
      assert.ok(inThree.length >= 1, "a matrix in three parts");
      for (const [i, { sizeBytes }] of split.weights.entries())
        assert.ok(Math.abs(sizeBytes - (whole.weights[i]?.sizeBytes ?? 0)) < 48);
      const chunkSize = 4; // both take the same form of attention
      const wanted = await whole.model.run(ids, { chunkSize, logits: "all" });
      const got = await split.model.run(ids, { chunkSize, logits: "all" });
      assertSameBits(got.logits, wanted.logits, "logits");
      for (const site of ["blocks.1.attn.hook_pattern", "blocks.1.attn.hook_result"]) {
        const selection = { head: 1, ...(site.endsWith("result") && { token: [4, 7] as const }) };
        assertSameBits(await got.get(site, selection), await wanted.get(site, selection), site);
      }
      const cut = await split.model.run(ids, { logits: "all" }); // whose logits fit into no tensor, so that it takes several steps
      assertClose(cut.logits.data, wanted.logits.data, 1e-5, "logits of a chunk that was cut");
      assert.deepEqual(await continuation(split.model, ids), await continuation(whole.model, ids));
      whole.model.dispose();
      split.model.dispose();
    });
});

describe("what does not fit into the buffers of a device is refused by name", () => {
  const open = async () =>
    createWebGpuBackend({ ...(await requireNodeAdapter()), maxBindingBytes: 1024 });
  const refused = (message: RegExp) => ({ code: "ERR_TENSOR_TOO_LARGE", message });

  it("activations and caches, rows of a matrix, and matrices in more buffers than a shader may see", async () => {
    const backend = await open();
    assert.equal(backend.info.maxTensorBytes, 1024);
    assert.throws(
      () => backend.alloc([2, 257], "f32", "cache"),
      refused(/1024 bytes.*2056 for cache/),
    );
    assert.throws(() => backend.allocWeight([2, 257], "f32", "wide"), refused(/wide \(2, 257\)/));
    const most = backend.device.limits.maxStorageBuffersPerShaderStage;
    const tall = [most * 16 + 1, 16];
    assert.throws(() => backend.allocWeight(tall, "f32", "tall"), refused(/for tall/));
    assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
    const weight = backend.allocWeight([most * 16, 16], "f32", "weight");
    const x = backend.alloc([1, 16], "f32", "x");
    const out = backend.alloc([1, most * 16], "f32", "out");
    const one = { nTokens: 1, start: 0 };
    const ids = backend.alloc([1], "i32", "ids");
    const embed = { kind: "embed", ids, table: weight, out: x } as const;
    assert.throws(() => backend.execute([embed], one), refused(/for weight/));
    // A product reads one buffer after the other.
    const values = Float32Array.from({ length: most * 256 }, (_, i) => (i % 13) - 6);
    backend.writeWeight(weight, 0, { dtype: "f32", data: new Uint8Array(values.buffer) });
    backend.write(x, 0, new Float32Array(16).fill(1));
    const op = { kind: "matmul", rows: "one", x, weight, bias: null, residual: null, out } as const;
    backend.execute([op], one);
    const sums = Float32Array.from({ length: most * 16 }, (_, n) =>
      values.subarray(16 * n, 16 * n + 16).reduce((sum, value) => sum + value, 0),
    );
    assert.deepEqual(await backend.read(out), sums);
    backend.dispose();
  });

  it("reads a matrix in several buffers back as it was written, in pieces", async () => {
    const backend = await open();
    const values = Float32Array.from({ length: 50 * 33 }, (_, i) => i / 7);
    const weight = backend.allocWeight([50, 33], "f32", "weight");
    for (const [from, to] of [
      [0, 5],
      [5, 700],
      [700, 1650],
    ] as const)
      backend.writeWeight(weight, from, {
        dtype: "f32",
        data: new Uint8Array(values.buffer, 4 * from, 4 * (to - from)),
      });
    assert.deepEqual(await backend.read(weight), values);
    assert.deepEqual(await backend.read(weight, 200, 400), values.slice(200, 600));
    assert.throws(() => backend.copy(weight, 0, weight, 1, 1), { code: "ERR_DTYPE" });
    backend.dispose();
    assert.deepEqual(backend.memory, { tensors: 0, bytes: 0 });
  });
});

async function continuation(model: Model, ids: readonly number[]): Promise<number[]> {
  const generation = model.generate(ids.slice(0, 9), { maxTokens: 6, ignoreEos: true });
  const generated: number[] = [];
  for await (const { id } of generation) generated.push(id);
  assert.equal(generated.length, 6);
  return generated;
}
