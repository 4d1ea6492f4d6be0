import type { ConfigReader } from "./configReader.ts";

/** How a checkpoint's weights are quantised. Which tensors are, their own dtypes tell. */
export type Quantization =
  | { readonly kind: "none" }
  | { readonly kind: "fp8"; readonly blockRows: number; readonly blockColumns: number }
  | { readonly kind: "mxfp4" };

const CONVERT =
  "Use a version of the checkpoint in BF16, in FP8 with block scales, in MXFP4, or as GGUF.";

/**
 * `quantization_config` of config.json. Activations are not quantised: a weight is its code times its scale, in f32.
 * @throws ConfigError ERR_CONFIG for a method, or a variant of one, that this engine does not read
 */
export function readQuantization(config: ConfigReader): Quantization {
  const given = config.object("quantization_config");
  if (given === null) return { kind: "none" };
  given.require("quant_method", ["fp8", "mxfp4"], CONVERT);
  if (given.raw("quant_method") === "mxfp4") return { kind: "mxfp4" };
  given.require("fmt", ["e4m3", null], CONVERT);
  given.require("activation_scheme", ["dynamic", null], CONVERT);
  const block = given.raw("weight_block_size");
  const isBlock = Array.isArray(block) && block.length === 2 && block.every(isSize);
  if (!isBlock)
    return given.fail("weight_block_size", "two whole numbers, rows and columns", CONVERT);
  const [blockRows, blockColumns] = block as [number, number];
  return { kind: "fp8", blockRows, blockColumns };
}

function isSize(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}
