import { ConfigError } from "../base/errors.ts";
import type { GenerationConfig } from "./samplingOptions.ts";

interface Refusal {
  /** Values that change no token, null and a missing field aside. */
  readonly holds: (value: unknown) => boolean;
  readonly expected: string;
  /** What the field asks for. */
  readonly asksFor: string;
}

const nothing = { holds: () => false, expected: "null" };
const upTo = (most: number) => ({
  holds: (value: unknown) => typeof value === "number" && value <= most,
  expected: `${most}`,
});
const off = { holds: (value: unknown) => value === false, expected: "false" };
const emptyOrNull = {
  holds: (value: unknown) => Array.isArray(value) && value.length === 0,
  expected: "null",
};

/** Fields of generation_config.json that ask for other tokens than this engine would generate. */
export const REFUSED_GENERATION: Readonly<Record<string, Refusal>> = {
  num_beams: { ...upTo(1), asksFor: "beam search" },
  constraints: { ...emptyOrNull, asksFor: "constrained beam search" },
  force_words_ids: { ...emptyOrNull, asksFor: "constrained beam search" },
  num_return_sequences: { ...upTo(1), asksFor: "several texts for one prompt" },
  penalty_alpha: { ...upTo(0), asksFor: "contrastive search" },
  dola_layers: { ...nothing, asksFor: "contrasting layers (DoLa)" },
  guidance_scale: {
    holds: (value) => value === 1,
    expected: "1",
    asksFor: "classifier-free guidance",
  },
  encoder_repetition_penalty: {
    holds: (value) => value === 1,
    expected: "1",
    asksFor: "a penalty on what is not in the prompt",
  },
  encoder_no_repeat_ngram_size: { ...upTo(0), asksFor: "no n-gram of the prompt in the text" },
  exponential_decay_length_penalty: { ...nothing, asksFor: "end tokens that grow likelier" },
  token_healing: { ...off, asksFor: "the end of the prompt to be written anew" },
  watermarking_config: { ...nothing, asksFor: "a watermark" },
  max_time: { ...nothing, asksFor: "an end after some seconds" },
  is_assistant: { ...off, asksFor: "an end at tokens that are uncertain" },
  assistant_ensemble_weight: { ...nothing, asksFor: "drafts to be mixed into the distribution" },
  cache_implementation: {
    holds: (value) => value !== "quantized",
    expected: "a cache that keeps its numbers",
    asksFor: "a quantised KV cache",
  },
};

/** @throws ConfigError ERR_GENERATION_CONFIG for a field that asks for something this engine does not do */
export function refuseUnsupportedGeneration({ name, fields }: GenerationConfig): void {
  for (const [field, { holds, expected, asksFor }] of Object.entries(REFUSED_GENERATION)) {
    const value = fields[field] ?? null;
    if (value === null || holds(value)) continue;
    throw new ConfigError(
      "ERR_GENERATION_CONFIG",
      `${name} ${field}: expected ${expected}, got ${JSON.stringify(value)}. It asks for ${asksFor}, which this engine does not do. Correct the file, or leave it out for a call: generate(prompt, { generationConfig: {} }).`,
    );
  }
}
