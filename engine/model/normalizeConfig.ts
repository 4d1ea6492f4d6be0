import { ConfigError } from "../base/errors.ts";
import { ARCHITECTURES } from "./architectures/table.ts";
import { ConfigReader } from "./configReader.ts";
import { readQuantization } from "./quantized/quantization.ts";
import type { ModelSpec } from "./spec.ts";

export const SUPPORTED_ARCHITECTURES: readonly string[] = [...ARCHITECTURES.keys()];

/**
 * The ModelSpec of a parsed config.json, in the spelling of transformers 4 or 5.
 * @throws ConfigError ERR_ARCHITECTURE for a model_type that is not supported, ERR_CONFIG for a field that is
 */
export function normalizeConfig(raw: unknown): ModelSpec {
  const type = new ConfigReader(raw).raw("model_type");
  const architecture = typeof type === "string" ? ARCHITECTURES.get(type) : undefined;
  if (architecture === undefined)
    throw new ConfigError(
      "ERR_ARCHITECTURE",
      `config.json: expected model_type to be one of ${SUPPORTED_ARCHITECTURES.join(", ")}, got ${JSON.stringify(type)}. Choose a checkpoint of one of these architectures.`,
    );
  const config = new ConfigReader(raw, "config.json", architecture);
  config.require("is_encoder_decoder", [false], "Only decoders are supported.");
  config.require(
    "per_layer_config",
    [null],
    "Layers with a config of their own are not supported.",
  );
  readQuantization(config); // refuses what the loader could not read
  return architecture.spec(config);
}
