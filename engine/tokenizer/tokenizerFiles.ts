import type { OptionNames } from "../checkOptions.ts";
import type { JsonObject } from "../weights/checkpoint.ts";

/** The parsed files a tokenizer is made of. Only tokenizer.json is required. */
export interface TokenizerFiles {
  /** tokenizer.json */
  readonly tokenizer: JsonObject;
  /** tokenizer_config.json */
  readonly tokenizerConfig?: JsonObject;
  /** The text of chat_template.jinja; goes before the template in tokenizer_config.json. */
  readonly chatTemplate?: string;
  /** config.json and generation_config.json, for the ids that end a text. */
  readonly config?: JsonObject;
  readonly generationConfig?: JsonObject;
}

export const TOKENIZER_FILES: OptionNames<TokenizerFiles> = {
  tokenizer: true,
  tokenizerConfig: true,
  chatTemplate: true,
  config: true,
  generationConfig: true,
};
