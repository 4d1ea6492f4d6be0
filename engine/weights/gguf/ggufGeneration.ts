import type { JsonObject } from "../../base/json.ts";
import type { GgufMetadata } from "./ggufMetadata.ts";

/** What each key is called in generation_config.json. */
const SAMPLING: Readonly<Record<string, string>> = {
  "general.sampling.temp": "temperature",
  "general.sampling.top_k": "top_k",
  "general.sampling.top_p": "top_p",
  "general.sampling.min_p": "min_p",
  "general.sampling.penalty_repeat": "repetition_penalty",
};

/**
 * generation_config.json as the metadata have it: the ids that end a text, those that are never generated, and the makers'
 * sampling, which is greedy at temperature 0.
 * @throws ConfigError ERR_CONFIG
 */
export function ggufGeneration(metadata: GgufMetadata): JsonObject {
  const all = "tokenizer.ggml.eos_token_ids";
  const ends = ["eos", "eot", "eom"]
    .map((which) => metadata.optionalNumber(`tokenizer.ggml.${which}_token_id`))
    .concat(metadata.get(all) === undefined ? [] : metadata.numbers(all))
    .filter((id) => id !== null);
  const sampling = Object.entries(SAMPLING)
    .map(([key, name]) => [name, metadata.optionalNumber(key)] as const)
    .filter(([, value]) => value !== null);
  const { temperature = 1, ...others } = Object.fromEntries(sampling);
  const samples = sampling.some(([name]) => name !== "repetition_penalty") && temperature !== 0;
  const suppressed = "tokenizer.ggml.suppress_tokens";
  return {
    ...(ends.length > 0 && { eos_token_id: [...new Set(ends)] }),
    ...(metadata.get(suppressed) !== undefined && {
      suppress_tokens: metadata.numbers(suppressed),
    }),
    ...others,
    ...(samples && { do_sample: true, temperature }),
  };
}
