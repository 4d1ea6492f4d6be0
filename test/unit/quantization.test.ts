import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigReader } from "../../engine/model/configReader.ts";
import { readQuantization } from "../../engine/model/quantized/quantization.ts";
import { QUANTIZATION_FIELDS } from "../../engine/model/quantized/quantizationFields.ts";

const read = (quantization_config: object, model_type = "llama") =>
  readQuantization(new ConfigReader({ model_type, quantization_config }));

const FP8 = { quant_method: "fp8", fmt: "e4m3", weight_block_size: [128, 128] };
const GPTQ = { quant_method: "gptq", bits: 4, group_size: 128, sym: true, desc_act: false };
const AWQ = { quant_method: "awq", bits: 4, group_size: 64, version: "gemm", zero_point: true };
const INT4 = { type: "int", num_bits: 4, strategy: "group", group_size: 32, symmetric: false };

const compressed = (weights: object | null, change: object = {}, group: object = {}) => ({
  quant_method: "compressed-tensors",
  format: "pack-quantized",
  config_groups: { group_0: { targets: ["Linear"], weights, ...group } },
  ...change,
});

describe("quantization_config", () => {
  it("of FP8 tells what a scale is for", () => {
    const block = { kind: "fp8", grids: [{ rows: 128, columns: 128 }], scaleNames: ["_scale_inv"] };
    assert.deepEqual(read(FP8), block);
    assert.deepEqual(read({ ...FP8, activation_scheme: "static" }), block);
    const { weight_block_size: _, ...whole } = FP8;
    assert.deepEqual(read(whole), {
      kind: "fp8",
      grids: [{ rows: null, columns: null }],
      scaleNames: ["_scale_inv", "_scale"],
    });
    assert.deepEqual(read({ quant_method: "fbgemm_fp8", activation_scale_ub: 1200 }), {
      kind: "fp8",
      grids: [{ rows: 1, columns: null }],
      scaleNames: ["_scale"],
    });
  });

  it("of GPTQ takes its defaults and versions from transformers", () => {
    const first = { kind: "gptq", bits: 4, groupSize: 128, symmetric: true, zeroLess: 1 };
    assert.deepEqual(read(GPTQ), { ...first, anyOrder: false });
    assert.deepEqual(read({ quant_method: "gptq", bits: 4 }), { ...first, anyOrder: false });
    const change = { checkpoint_format: "gptq_v2", group_size: -1, desc_act: true, sym: false };
    assert.deepEqual(read({ ...GPTQ, ...change }), {
      ...{ kind: "gptq", bits: 4, groupSize: null, symmetric: false, zeroLess: 0 },
      anyOrder: true,
    });
    const left = { "-:.*gate$": {} };
    assert.deepEqual(read({ ...GPTQ, dynamic: left }), { ...first, anyOrder: false });
  });

  it("of AWQ is that of gemm, however it is spelled", () => {
    assert.deepEqual(read(AWQ), { kind: "awq", groupSize: 64 });
    assert.deepEqual(read({ ...AWQ, version: "GEMM" }), { kind: "awq", groupSize: 64 });
    const older = { quant_method: "awq", w_bit: 4, q_group_size: 32 };
    assert.deepEqual(read(older), { kind: "awq", groupSize: 32 });
  });

  it("of compressed-tensors lists what its groups do to weights", () => {
    const scheme = { type: "int", bits: 4, symmetric: false, grid: { rows: 1, columns: 32 } };
    assert.deepEqual(read(compressed(INT4)), { kind: "compressed-tensors", schemes: [scheme] });
    assert.deepEqual(read(compressed(null)), { kind: "compressed-tensors", schemes: [] });
    const grid = (weights: object) => {
      const quantization = read(compressed({ type: "int", num_bits: 8, ...weights }));
      assert.ok(quantization.kind === "compressed-tensors");
      return quantization.schemes[0]?.grid;
    };
    assert.deepEqual(grid({}), { rows: null, columns: null });
    assert.deepEqual(grid({ group_size: -1 }), { rows: 1, columns: null });
    assert.deepEqual(grid({ group_size: 64 }), { rows: 1, columns: 64 });
    for (const block_structure of ["128x64", [128, 64]])
      assert.deepEqual(grid({ strategy: "block", block_structure }), { rows: 128, columns: 64 });
  });

  const REFUSED: [string, object, string?][] = [
    ["quant_method", {}],
    ["quant_method", { quant_method: "torchao" }],
    ["weight_block_size", { ...FP8, weight_block_size: [128] }],
    ["fmt", { ...FP8, fmt: "e5m2" }],
    ["activation_scheme", { ...FP8, activation_scheme: "other" }],
    ["scale_fmt", { ...FP8, scale_fmt: "ue5m3" }],
    ["bits", { ...GPTQ, bits: 5 }],
    ["checkpoint_format", { ...GPTQ, checkpoint_format: "marlin" }],
    ["is_marlin_format", { ...GPTQ, is_marlin_format: true }],
    ["adapter", { ...GPTQ, adapter: { name: "lora" } }],
    ["dynamic", { ...GPTQ, dynamic: { "+:.*": { bits: 8 } } }],
    ["quantization_config", GPTQ, "gpt2"],
    ["quantization_config", { ...GPTQ, smoothing: 0.5 }],
    ["awq_gemm_checkpoint", { ...GPTQ, awq_gemm_checkpoint: true }],
    ["w_bit", { quant_method: "awq", w_bit: 3 }],
    ["version", { ...AWQ, version: "gemv" }],
    ["zero_point", { ...AWQ, zero_point: false }],
    ["format", compressed(INT4, { format: "marlin-24" })],
    ["quantization_status", compressed(INT4, { quantization_status: "calibration" })],
    ["format", compressed(INT4, { sparsity_config: { format: "sparse-24-bitmask" } })],
    ["transform_config", compressed(INT4, { transform_config: { config_groups: { u: {} } } })],
    ["format", compressed(INT4, {}, { format: "nvfp4-pack-quantized" })],
    ["num_bits", compressed({ ...INT4, type: "float" })],
    ["num_bits", compressed({ ...INT4, num_bits: 3 })],
    ["strategy", compressed({ ...INT4, strategy: "tensor_group" })],
    ["block_structure", compressed({ ...INT4, strategy: "block" })],
    ["weights", compressed({ ...INT4, smoothing: 0.5 })],
  ];
  for (const [field, config, type] of REFUSED)
    it(`is refused by name: ${field} of ${JSON.stringify(config).slice(0, 60)}`, () => {
      assert.throws(() => read(config, type), {
        code: "ERR_CONFIG",
        message: new RegExp(`expected ${field} to be .*, got .*\\. `),
      });
    });

  it("of bitsandbytes is refused with how to write the weights out", () => {
    for (const config of [{ quant_method: "bitsandbytes" }, { load_in_4bit: true }])
      assert.throws(() => read(config), { code: "ERR_CONFIG", message: /model\.dequantize\(\)/ });
  });

  it("has every field once in the table", () => {
    const names = QUANTIZATION_FIELDS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { name, note } of QUANTIZATION_FIELDS) {
      assert.match(name, /^quantization_config\./);
      assert.match(note, /[a-z].*\.$/);
    }
  });
});
