import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { ReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { loadWeights } from "../../engine/model/loadWeights.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { castCheckpoint } from "../../engine/weights/castCheckpoint.ts";
import type { Checkpoint, TensorEntry } from "../../engine/weights/checkpoint.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";

const LAYER = "model.layers.0.self_attn.q_proj";

interface Change {
  readonly config?: object;
  readonly entries?: (tensors: Map<string, TensorEntry>) => void;
  /** Changes the bytes of a tensor. */
  readonly bytes?: readonly [name: string, change: (bytes: Uint8Array) => void];
  /** Whose bytes a tensor has that the file has not. */
  readonly sources?: Readonly<Record<string, string>>;
}

function changed(real: Checkpoint, { config, entries, bytes, sources }: Change): Checkpoint {
  const tensors = new Map(real.tensors);
  entries?.(tensors);
  const quantization = { ...(real.config.quantization_config as object), ...config };
  return {
    ...real,
    config: { ...real.config, quantization_config: quantization },
    tensors,
    readRange: (...range) => real.readRange(...range),
    async readInto(name, start, target) {
      target.set((await this.readTensor(name)).subarray(start, start + target.length));
    },
    close: () => real.close(),
    async readTensor(name) {
      const read = await real.readTensor(sources?.[name] ?? name);
      if (bytes?.[0] === name) bytes[1](read);
      return read;
    },
  };
}

async function load(fixture: string, change: Change = {}) {
  const folder = fileURLToPath(new URL(`../fixtures/formats/${fixture}/`, import.meta.url));
  const real = await openCheckpoint(folder);
  try {
    const checkpoint = changed(real, change);
    const plan = compilePlan(normalizeConfig(checkpoint.config));
    return await loadWeights(checkpoint, plan, new ReferenceBackend());
  } finally {
    await real.close();
  }
}

const without = (name: string): Change => ({ entries: (tensors) => tensors.delete(name) });
const alter = (name: string, change: Partial<TensorEntry>): Change => ({
  entries: (tensors) => tensors.set(name, { ...(tensors.get(name) as TensorEntry), ...change }),
});
const first =
  (byte: number) =>
  (bytes: Uint8Array): void => {
    bytes[0] = byte;
  };

describe("quantised tensors", () => {
  const REFUSED: [string, string, Change, string, RegExp][] = [
    [
      "a part is missing",
      "gptq_4bit",
      without(`${LAYER}.scales`),
      "ERR_TENSOR_MISSING",
      /also .*q_proj\.scales/,
    ],
    ["other bits", "gptq_4bit", { config: { bits: 8 } }, "ERR_TENSOR_SHAPE", /qzeros|scales/],
    [
      "other groups",
      "gptq_4bit",
      { config: { group_size: 64 } },
      "ERR_TENSOR_SHAPE",
      /q_proj\.scales: expected shape \(1, 64\)/,
    ],
    [
      "groups in any order without desc_act",
      "gptq_4bit",
      { bytes: [`${LAYER}.g_idx`, first(1)] },
      "ERR_WEIGHTS_FORMAT",
      /g_idx: expected group 0, as without desc_act, got 1 for column 0/,
    ],
    [
      "a group that there is not",
      "gptq_act_order",
      { bytes: [`${LAYER}.g_idx`, first(200)] },
      "ERR_WEIGHTS_FORMAT",
      /g_idx: expected a group below 6, got 200 for column 0/,
    ],
    [
      "a bias that is not empty",
      "gptq_4bit",
      { bytes: ["model.layers.0.self_attn.o_proj.bias", first(1)] },
      "ERR_TENSOR_UNEXPECTED",
      /o_proj\.bias/,
    ],
    [
      "scales that are not finite",
      "awq_4bit",
      { bytes: [`${LAYER}.scales`, (b) => b.fill(0x7c, 1, 2)] },
      "ERR_WEIGHTS_NAN",
      /q_proj\.scales: expected finite scales/,
    ],
    [
      "zeros of another shape",
      "awq_4bit",
      alter(`${LAYER}.qzeros`, { shape: [4, 4] }),
      "ERR_TENSOR_SHAPE",
      /qzeros/,
    ],
    [
      "words of another dtype",
      "awq_4bit",
      alter(`${LAYER}.qweight`, { dtype: "F32" }),
      "ERR_TENSOR_DTYPE",
      /qweight: expected dtype I32, got F32/,
    ],
    [
      "no zeros for a scheme that has them",
      "compressed_int4",
      without(`${LAYER}.weight_zero_point`),
      "ERR_TENSOR_MISSING",
      /zero_point/,
    ],
    [
      "packed words of another width",
      "compressed_int4",
      { bytes: [`${LAYER}.weight_shape`, first(63)] },
      "ERR_TENSOR_SHAPE",
      /weight_shape: expected \(64, 96\).*got \(63, 96\)/,
    ],
    [
      "a group that no scales fit",
      "compressed_int8",
      alter(`${LAYER}.weight_scale`, { shape: [1, 64] }),
      "ERR_TENSOR_SHAPE",
      /8 bits with one scale per row/,
    ],
    [
      "two scales for one FP8 tensor",
      "fp8_tensor",
      {
        entries: (t) =>
          t.set(`${LAYER}.weight_scale`, t.get(`${LAYER}.weight_scale_inv`) as TensorEntry),
      },
      "ERR_TENSOR_UNEXPECTED",
      /weight_scale/,
    ],
    [
      "FP8 scales of another shape",
      "compressed_fp8",
      alter(`${LAYER}.weight_scale`, { shape: [2] }),
      "ERR_TENSOR_SHAPE",
      /\(1, 1\), one scale for the tensor, or \(64, 1\), one scale per row/,
    ],
    [
      "a dtype of no format",
      "gptq_4bit",
      alter("model.norm.weight", { dtype: "F64" }),
      "ERR_TENSOR_DTYPE",
      /model\.norm\.weight: .* got F64/,
    ],
    [
      "integers under FP8",
      "fp8_tensor",
      alter(`${LAYER}.weight`, { dtype: "I8" }),
      "ERR_TENSOR_DTYPE",
      /q_proj\.weight: .* got I8/,
    ],
  ];
  for (const [what, fixture, change, code, message] of REFUSED)
    it(`are refused by name: ${what}`, async () => {
      await assert.rejects(load(fixture, change), { code, message });
    });

  it("without g_idx have groups that are runs of columns", async () => {
    const { weights } = await load("gptq_4bit", without(`${LAYER}.g_idx`));
    assert.ok(weights.has("blocks.0.attn.q"));
  });

  it("leave the scales of activations alone, which stay float32", async () => {
    const { ignored } = await load("compressed_fp8");
    assert.equal(ignored.length, 8);
    assert.ok(ignored.every((name) => name.endsWith(".input_scale")));
  });

  it("of FP8 may have zero points that are zero", async () => {
    const norm = "model.norm.weight";
    const change = (byte: number): Change => ({
      entries: (tensors) =>
        tensors.set(`${LAYER}.weight_zero_point`, tensors.get(norm) as TensorEntry),
      bytes: [`${LAYER}.weight_zero_point`, (bytes) => bytes.fill(byte)],
      sources: { [`${LAYER}.weight_zero_point`]: norm },
    });
    const { ignored } = await load("compressed_fp8", change(0));
    assert.ok(ignored.includes(`${LAYER}.weight_zero_point`));
    await assert.rejects(load("compressed_fp8", change(1)), { code: "ERR_TENSOR_UNEXPECTED" });
  });

  it("without their config are told as what they are", async () => {
    const real = await openCheckpoint(
      fileURLToPath(new URL("../fixtures/formats/awq_4bit/", import.meta.url)),
    );
    const { quantization_config: _, ...config } = real.config;
    const checkpoint = { ...changed(real, {}), config };
    const plan = compilePlan(normalizeConfig(config));
    await assert.rejects(loadWeights(checkpoint, plan, new ReferenceBackend()), {
      code: "ERR_TENSOR_MISSING",
      message: /qweight: weights of GPTQ or AWQ, of which config\.json says nothing/,
    });
    await real.close();
  });

  it("keep their scales when other matrices are cast", async () => {
    for (const fixture of ["gptq_4bit", "fp8_ragged"]) {
      const folder = fileURLToPath(new URL(`../fixtures/formats/${fixture}/`, import.meta.url));
      const real = await openCheckpoint(folder);
      const cast = castCheckpoint(real, "bf16");
      const scales = [...real.tensors].filter(([name]) => /scales?(_inv)?$/.test(name));
      assert.ok(scales.length > 10);
      for (const [name, { dtype }] of scales) assert.equal(cast.tensors.get(name)?.dtype, dtype);
      assert.notEqual(
        cast.tensors.get("lm_head.weight")?.dtype,
        real.tensors.get("lm_head.weight")?.dtype,
      );
      await real.close();
    }
  });
});
