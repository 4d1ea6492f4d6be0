import type { JsonObject } from "../../engine/base/json.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { MemoryCheckpoint } from "../../engine/weights/memoryCheckpoint.ts";
import type { FetchedModel, ModelFile } from "../modelFiles.ts";

/**
 * The checkpoint and the tokenizer that fetched files hold.
 * @throws WeightsError ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED; ConfigError ERR_TOKENIZER
 */
export function readModel({ location, manifest, files }: FetchedModel): {
  readonly checkpoint: MemoryCheckpoint;
  readonly tokenizer: Tokenizer;
} {
  const json = (file: ModelFile): JsonObject =>
    JSON.parse(new TextDecoder().decode(files[file])) as JsonObject;
  const config = json("config.json");
  const generationConfig = json("generation_config.json");
  const { name, hash } = manifest;
  const weights = files["model.safetensors"];
  return {
    checkpoint: new MemoryCheckpoint({
      ...{ name, location, hash, config, generationConfig, weights },
      file: "model.safetensors",
    }),
    tokenizer: new Tokenizer({
      ...{ config, generationConfig },
      tokenizer: json("tokenizer.json"),
      tokenizerConfig: json("tokenizer_config.json"),
    }),
  };
}
