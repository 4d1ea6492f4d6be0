import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import type { GenerateOptions, TextsTogetherOptions } from "./generateOptions.ts";
import type { GenerationConfig } from "./samplingOptions.ts";
import { SAMPLING_RULES } from "./samplingRules.ts";

/** The config given for the call, or else the checkpoint's. @throws InputError ERR_OPTION */
export function givenConfig(
  { generationConfig }: Pick<GenerateOptions, "generationConfig">,
  ofCheckpoint: GenerationConfig,
): GenerationConfig {
  if (generationConfig === undefined) return ofCheckpoint;
  if (isObject(generationConfig)) return { name: "generationConfig", fields: generationConfig };
  throw new InputError(
    "ERR_OPTION",
    `generationConfig: expected an object with fields of generation_config.json, got ${JSON.stringify(generationConfig)}. Write { top_k: 20 }, or {} for none.`,
  );
}

/** End tokens of the config given for the call, or the checkpoint's where it names none. @throws InputError ERR_OPTION */
export function givenEosIds(
  { generationConfig }: Pick<GenerateOptions, "generationConfig">,
  ofCheckpoint: readonly number[],
): readonly number[] {
  const given = generationConfig?.eos_token_id ?? null;
  if (given === null) return ofCheckpoint;
  const ids = [given].flat();
  if (ids.every((id): id is number => Number.isSafeInteger(id) && Number(id) >= 0)) return ids;
  throw new InputError(
    "ERR_OPTION",
    `generationConfig eos_token_id: expected token ids, got ${JSON.stringify(given)}. Look ids up with model.tokenizer.tokenId.`,
  );
}

/**
 * @param name the model's, for the message
 * @throws InputError ERR_OPTION where these are no texts, or the model has no tokenizer to find them with
 */
export function checkStop(
  value: unknown,
  name: string,
  tokenizer: object | null,
): readonly string[] {
  const isStop = (text: unknown): text is string => typeof text === "string" && text !== "";
  if (!Array.isArray(value) || !value.every(isStop))
    throw new InputError(
      "ERR_OPTION",
      `stop: expected a list of texts that are not empty, got ${JSON.stringify(value)}. Write stop: ["..."].`,
    );
  if (value.length > 0 && tokenizer === null)
    throw new InputError(
      "ERR_OPTION",
      `stop: expected a model with a tokenizer, got ${name} without one. Add its tokenizer.json, or pass stop: [].`,
    );
  return value;
}

/** A seed for each of the prompts, where they are given. @throws InputError ERR_OPTION */
export function givenSeeds(
  { seeds }: Pick<TextsTogetherOptions, "seeds">,
  nPrompts: number,
): readonly number[] | undefined {
  if (seeds === undefined) return undefined;
  const { seed: rule } = SAMPLING_RULES;
  if (Array.isArray(seeds) && seeds.length === nPrompts && seeds.every(rule.holds)) return seeds;
  throw new InputError(
    "ERR_OPTION",
    `seeds: expected ${rule.expected} for each of ${nPrompts} prompts, got ${JSON.stringify(seeds) ?? typeof seeds}. ${rule.fix}`,
  );
}
