import { join } from "node:path";
import { ConfigError } from "../errors.ts";
import { readJson, readText } from "../weights/readJson.node.ts";
import { Tokenizer } from "./tokenizer.ts";

/**
 * The tokenizer of a checkpoint's folder: tokenizer.json and, where they are, tokenizer_config.json,
 * chat_template.jinja, config.json and generation_config.json.
 * @throws ConfigError ERR_TOKENIZER_MISSING, ERR_TOKENIZER, ERR_JSON
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const [tokenizer, tokenizerConfig, config, generationConfig] = await Promise.all(
    ["tokenizer.json", "tokenizer_config.json", "config.json", "generation_config.json"].map(
      (name) => readJson(join(folder, name)),
    ),
  );
  const chatTemplate = await readText(join(folder, "chat_template.jinja"));
  if (!tokenizer)
    throw new ConfigError(
      "ERR_TOKENIZER_MISSING",
      `tokenizer.json: expected the file in ${folder}, got nothing there. Save the tokenizer with transformers' AutoTokenizer.save_pretrained to get one.`,
    );
  return new Tokenizer({
    tokenizer: tokenizer.json,
    ...(tokenizerConfig && { tokenizerConfig: tokenizerConfig.json }),
    ...(config && { config: config.json }),
    ...(generationConfig && { generationConfig: generationConfig.json }),
    ...(chatTemplate !== null && { chatTemplate }),
  });
}
