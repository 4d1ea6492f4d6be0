import { isObject } from "../model/configReader.ts";

/** What `model.generate` uses where the caller says nothing. */
export interface GenerationDefaults {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly seed: number;
}

const MAX_TOKENS = 256;

/**
 * From generation_config.json: max_new_tokens, repetition_penalty, and temperature, top_k, top_p and min_p where do_sample is
 * true. Without do_sample generation is greedy; what the file leaves out cuts nothing off and penalises nothing. maxTokens is 256 unless the file says more
 * or less; the seed is 0, so that the same call gives the same text.
 */
export function generationDefaults(config: unknown): GenerationDefaults {
  const raw = isObject(config) ? config : {};
  const number = (key: string, fallback: number) => {
    const value = raw[key];
    return typeof value === "number" && Number.isFinite(value) ? value : fallback;
  };
  const sample = raw.do_sample === true;
  return {
    maxTokens: number("max_new_tokens", MAX_TOKENS),
    temperature: sample ? number("temperature", 1) : 0,
    topK: sample ? number("top_k", 0) : 0,
    topP: sample ? number("top_p", 1) : 1,
    minP: sample ? number("min_p", 0) : 0,
    repetitionPenalty: number("repetition_penalty", 1),
    seed: 0,
  };
}
