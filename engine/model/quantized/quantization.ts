import type { ConfigReader } from "../configReader.ts";
import { readCompressedTensors } from "./compressedTensorsConfig.ts";
import { CONVERT, expectKnownFields, quantizationMethod } from "./quantizationMethod.ts";
import type { ScaleGrid } from "./scaleGrid.ts";
import type { WeightScheme } from "./weightScheme.ts";

/** How a checkpoint's weights are quantised. Which tensors are, their own names and dtypes tell. */
export type Quantization =
  | { readonly kind: "none" }
  | {
      readonly kind: "fp8";
      readonly grids: readonly ScaleGrid[];
      /** What is put behind a weight's name. */
      readonly scaleNames: readonly string[];
    }
  | { readonly kind: "mxfp4" }
  | {
      readonly kind: "gptq";
      readonly bits: number;
      /** Columns that share a scale; null: all of a row. */
      readonly groupSize: number | null;
      /** g_idx may give the columns' groups in any order. */
      readonly anyOrder: boolean;
      readonly symmetric: boolean;
      /** What was taken off each zero when it was stored. */
      readonly zeroLess: 0 | 1;
    }
  | { readonly kind: "awq"; readonly groupSize: number | null }
  | { readonly kind: "compressed-tensors"; readonly schemes: readonly WeightScheme[] };

/**
 * `quantization_config` of config.json. Activations are not quantised: a weight is its code, less its zero where it has
 * one, times its scale, in f32.
 * @throws ConfigError ERR_CONFIG for a method, or a variant of one, that this engine does not read
 */
export function readQuantization(config: ConfigReader): Quantization {
  const given = config.object("quantization_config");
  if (given === null) return { kind: "none" };
  const method = quantizationMethod(given);
  expectKnownFields(config, "quantization_config");
  switch (method) {
    case "mxfp4":
      return { kind: "mxfp4" };
    case "fp8":
      return readFp8(given);
    case "fbgemm_fp8":
      return { kind: "fp8", grids: [{ rows: 1, columns: null }], scaleNames: ["_scale"] };
    case "gptq":
      expectLinearLayers(config, method);
      return readGptq(given);
    case "awq":
      expectLinearLayers(config, method);
      return readAwq(given);
    case "compressed-tensors":
      return { kind: method, schemes: readCompressedTensors(given) };
  }
}

function readFp8(given: ConfigReader): Quantization {
  given.require("fmt", ["e4m3", null], CONVERT);
  given.require("activation_scheme", ["dynamic", "static", null], CONVERT);
  given.require("scale_fmt", ["float", "ue8m0", null], CONVERT);
  const block = given.raw("weight_block_size");
  if (block === null)
    return {
      kind: "fp8",
      grids: [{ rows: null, columns: null }],
      scaleNames: ["_scale_inv", "_scale"],
    };
  const isBlock = Array.isArray(block) && block.length === 2 && block.every(isSize);
  if (!isBlock)
    return given.fail("weight_block_size", "two whole numbers, rows and columns, or null", CONVERT);
  const [rows, columns] = block as [number, number];
  return { kind: "fp8", grids: [{ rows, columns }], scaleNames: ["_scale_inv"] };
}

function readGptq(given: ConfigReader): Quantization {
  given.require("bits", [2, 3, 4, 8], CONVERT);
  for (const field of ["is_marlin_format", "awq_gemm_checkpoint"])
    given.require(field, [false], CONVERT);
  given.require("pack_dtype", ["int32"], CONVERT);
  for (const field of ["adapter", "rotation"])
    if (given.has(field)) given.fail(field, "left out", CONVERT);
  const formats = ["gptq", "gptq_v2"];
  for (const field of ["format", "checkpoint_format"]) given.require(field, formats, CONVERT);
  const dynamic = given.object("dynamic");
  const patterns = dynamic === null ? [] : Object.keys(given.raw("dynamic") as object);
  if (patterns.some((pattern) => !pattern.startsWith("-:")))
    given.fail("dynamic", 'patterns that leave layers out ("-:")', CONVERT);
  const format = given.raw("checkpoint_format") ?? given.raw("format") ?? "gptq";
  return {
    kind: "gptq",
    bits: given.count("bits"),
    groupSize: groupSize(given),
    anyOrder: given.boolean("desc_act", false),
    symmetric: given.boolean("sym", true),
    zeroLess: format === "gptq" ? 1 : 0,
  };
}

function readAwq(given: ConfigReader): Quantization {
  for (const field of ["bits", "w_bit"]) given.require(field, [4], CONVERT);
  given.require("zero_point", [true], CONVERT);
  for (const field of ["version", "format"]) {
    const value = given.raw(field);
    if (value !== null && String(value).toLowerCase() !== "gemm")
      given.fail(field, '"gemm"', CONVERT);
  }
  if (given.raw("backend") === "llm-awq")
    given.fail("backend", "a kernel for weights in the order of gemm", CONVERT);
  const older = given.has("q_group_size") && !given.has("group_size");
  return { kind: "awq", groupSize: groupSize(given, older ? "q_group_size" : "group_size") };
}

/** -1 is the whole row. */
function groupSize(given: ConfigReader, field = "group_size"): number | null {
  if (given.raw(field) === -1) return null;
  return given.count(field, 128);
}

/** GPT-2 keeps its matrices transposed, and quantisers keep them as those of other models. */
function expectLinearLayers(config: ConfigReader, method: string): void {
  if (config.raw("model_type") === "gpt2")
    config.fail("quantization_config", `nothing of ${method} for gpt2`, CONVERT);
}

function isSize(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}
