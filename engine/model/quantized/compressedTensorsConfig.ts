import { isObject } from "../../base/json.ts";
import type { ConfigReader } from "../configReader.ts";
import { CONVERT, expectKnownFields } from "./quantizationMethod.ts";
import type { ScaleGrid } from "./scaleGrid.ts";
import type { WeightScheme } from "./weightScheme.ts";

const FORMATS = [
  ...["float-quantized", "int-quantized", "naive-quantized", "pack-quantized"],
  "mixed-precision",
];
const PATH = "quantization_config.config_groups.*";

/**
 * What each group of compressed-tensors does to weights. Groups that only round activations do nothing to them.
 * @throws ConfigError ERR_CONFIG
 */
export function readCompressedTensors(given: ConfigReader): WeightScheme[] {
  given.require("format", FORMATS, CONVERT);
  given.require("quantization_status", ["compressed", "frozen"], CONVERT);
  const sparsity = given.object("sparsity_config");
  sparsity?.require("format", ["dense"], CONVERT);
  const transforms = given.object("transform_config")?.raw("config_groups") ?? {};
  if (!isObject(transforms) || Object.keys(transforms).length > 0)
    given.fail("transform_config", "without transforms of activations", CONVERT);
  const groups = given.object("config_groups");
  if (groups === null) return given.fail("config_groups", "an object of groups", CONVERT);
  return Object.keys(given.raw("config_groups") as object).flatMap((name) => {
    const group = groups.object(name);
    if (group === null) return [];
    expectKnownFields(groups, name, PATH);
    group.require("format", FORMATS, CONVERT);
    const weights = group.object("weights");
    if (weights === null) return [];
    expectKnownFields(group, "weights", `${PATH}.weights`);
    return [readScheme(weights)];
  });
}

function readScheme(weights: ConfigReader): WeightScheme {
  weights.require("type", ["int", "float"], CONVERT);
  weights.require("dynamic", [false], CONVERT);
  const type = weights.raw("type") === "float" ? "float" : "int";
  weights.require("num_bits", type === "float" ? [8] : [4, 8], CONVERT);
  const symmetric = weights.boolean("symmetric", true);
  if (type === "float" && !symmetric) weights.fail("symmetric", "true for floats", CONVERT);
  return { type, bits: weights.count("num_bits", 8), symmetric, grid: readGrid(weights) };
}

function readGrid(weights: ConfigReader): ScaleGrid {
  weights.require("strategy", ["tensor", "channel", "group", "block"], CONVERT);
  const groupSize = weights.has("group_size") ? weights.number("group_size") : null;
  const implied = groupSize === null ? "tensor" : groupSize === -1 ? "channel" : "group";
  switch (weights.string("strategy", implied)) {
    case "tensor":
      return { rows: null, columns: null };
    case "channel":
      return { rows: 1, columns: null };
    case "group":
      return { rows: 1, columns: weights.count("group_size") };
    default:
      return blockOf(weights);
  }
}

/** [128, 128], or "128x128" in older files. */
function blockOf(weights: ConfigReader): ScaleGrid {
  const given = weights.raw("block_structure");
  const sizes = (typeof given === "string" ? given.split("x") : [given].flat()).map(Number);
  const [rows = 0, columns = 0] = sizes;
  if (sizes.length !== 2 || !sizes.every((size) => Number.isInteger(size) && size >= 1))
    return weights.fail("block_structure", "two whole numbers, rows and columns", CONVERT);
  return { rows, columns };
}
