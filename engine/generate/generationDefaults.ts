import { InputError } from "../base/errors.ts";
import { refuseUnsupportedGeneration } from "./refusedGeneration.ts";
import { samplingOf } from "./samplingOf.ts";
import type { GenerationConfig, Sampling, SamplingOptions } from "./samplingOptions.ts";

/** What `model.generate` uses where the caller says nothing. */
export interface GenerationDefaults extends Sampling {
  readonly maxTokens: number;
  readonly stop: readonly string[];
}

/** What a generation is asked for. */
export interface AskedGeneration extends SamplingOptions {
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
}

const MAX_TOKENS = 256;

/**
 * The options given, and for the others what generation_config.json says: what changes logits, the cut-offs, stop_strings,
 * max_new_tokens (or max_length, which counts the prompt; 256 where neither is there), min_new_tokens (or min_length, which
 * counts the prompt), and the temperature where do_sample is true. Without do_sample generation is greedy. What the file
 * leaves out cuts nothing off and penalises nothing, but for top_k, which is 50 where do_sample is true. The seed is 0,
 * so that the same call gives the same text.
 * @param nPrompt tokens of the prompt
 * @throws InputError ERR_SAMPLING for a value that counts and is out of range; ConfigError ERR_GENERATION_CONFIG for a field
 * that asks for something else
 */
export function generationDefaults(
  config: GenerationConfig,
  nPrompt: number,
  asked: AskedGeneration = {},
): GenerationDefaults {
  refuseUnsupportedGeneration(config);
  doSample(config);
  const { maxTokens, stop, ...sampling } = asked;
  const minTokens = sampling.minTokens ?? leastTokens(config, nPrompt);
  return {
    ...samplingOf({ ...sampling, ...(minTokens !== undefined && { minTokens }) }, config),
    maxTokens: maxTokens ?? mostTokens(config, nPrompt),
    stop: stop ?? stopStrings(config),
  };
}

function mostTokens(config: GenerationConfig, nPrompt: number): number {
  const most = count(config, "max_new_tokens", 1);
  if (most !== null) return most;
  const length = count(config, "max_length", 1);
  if (length === null) return MAX_TOKENS;
  if (length > nPrompt) return length - nPrompt;
  throw refusal(config, "max_length", `more than the ${nPrompt} tokens of the prompt`, "maxTokens");
}

/** What min_length leaves to be generated; undefined where min_new_tokens says it, or neither does. */
function leastTokens(config: GenerationConfig, nPrompt: number): number | undefined {
  if ((config.fields.min_new_tokens ?? null) !== null) return undefined;
  const length = count(config, "min_length", 0);
  return length === null ? undefined : Math.max(0, length - nPrompt);
}

function stopStrings(config: GenerationConfig): readonly string[] {
  const stops = [config.fields.stop_strings ?? []].flat();
  if (stops.every((text): text is string => typeof text === "string" && text !== "")) return stops;
  throw refusal(config, "stop_strings", "texts that are not empty", "stop");
}

function doSample(config: GenerationConfig): void {
  const value = config.fields.do_sample ?? false;
  if (typeof value !== "boolean") throw refusal(config, "do_sample", "true or false", null);
}

function count(config: GenerationConfig, field: string, least: number): number | null {
  const value = config.fields[field] ?? null;
  if (value === null) return null;
  if (Number.isSafeInteger(value) && Number(value) >= least) return Number(value);
  const option = field.startsWith("max") ? "maxTokens" : "minTokens";
  throw refusal(config, field, `a whole number of at least ${least}`, option);
}

function refusal(
  { name, fields }: GenerationConfig,
  field: string,
  expected: string,
  option: string | null,
): InputError {
  const fix = option === null ? "Correct" : `Pass ${option} yourself, or correct`;
  return new InputError(
    "ERR_SAMPLING",
    `${name} ${field}: expected ${expected}, got ${JSON.stringify(fields[field])}. ${fix} ${name}.`,
  );
}
