import type { OptionNames } from "../base/checkOptions.ts";
import type { JsonObject } from "../base/json.ts";

/** The parsed files a tokenizer is made of. Only tokenizer.json is required. */
export interface TokenizerFiles {
  /** tokenizer.json */
  readonly tokenizer: JsonObject;
  /** tokenizer_config.json */
  readonly tokenizerConfig?: JsonObject;
  /** special_tokens_map.json; counts where tokenizer_config.json has no added_tokens_decoder, as in transformers 5. */
  readonly specialTokensMap?: JsonObject;
  /** added_tokens.json, ids by token; counts where tokenizer_config.json has no added_tokens_decoder. */
  readonly addedTokens?: JsonObject;
  /** Texts of bos_token, eos_token and the like where a file of another format names them, added tokens or not. */
  readonly roles?: Readonly<Record<string, string>>;
  /** The text of chat_template.jinja; goes before the template in tokenizer_config.json. */
  readonly chatTemplate?: string;
  /** config.json and generation_config.json, for the ids that end a text and for the kind of tokenizer. */
  readonly config?: JsonObject;
  readonly generationConfig?: JsonObject;
}

export const TOKENIZER_FILES: OptionNames<TokenizerFiles> = {
  tokenizer: true,
  tokenizerConfig: true,
  specialTokensMap: true,
  addedTokens: true,
  roles: true,
  chatTemplate: true,
  config: true,
  generationConfig: true,
};
