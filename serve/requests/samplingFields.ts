import type { ThinkingOptions, TogetherGenerateOptions } from "../../engine/index.node.ts";
import { ApiError } from "../apiError.ts";

/** The engine's own limits of thinking, those that can be written as JSON. */
type ThinkingFields = Pick<ThinkingOptions, "budget" | "minimum" | "extend" | "times">;

/** Fields that both endpoints have. */
export interface SamplingFields {
  readonly model: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly n?: number;
  readonly seed?: number;
  readonly stop?: string | readonly string[];
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly min_p?: number;
  readonly max_tokens?: number;
  readonly min_tokens?: number;
  readonly ignore_eos?: boolean;
  readonly presence_penalty?: number;
  readonly frequency_penalty?: number;
  readonly repetition_penalty?: number;
  readonly logit_bias?: Readonly<Record<string, number>>;
  readonly vitrine?: {
    readonly routes?: boolean;
    readonly cost?: boolean;
    readonly thinking?: ThinkingFields;
  };
}

/** A row of logits is ranked for them, and the answer has them for every token. */
export const MOST_LOGPROBS = 20;
const MOST_CHOICES = 128;

const flag = { type: "boolean" };
const count = { type: "integer", minimum: 1 };
const penalty = { type: "number", minimum: -2, maximum: 2 };

export const SAMPLING_SCHEMAS = {
  model: { type: "string" },
  stream: flag,
  stream_options: {
    type: "object",
    // What only hides the lengths of tokens from who listens in is accepted.
    properties: { include_usage: flag, include_obfuscation: { enum: [false] } },
    additionalProperties: false,
  },
  n: { ...count, maximum: MOST_CHOICES },
  seed: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  stop: { type: ["string", "array"], minLength: 1, items: { type: "string", minLength: 1 } },
  temperature: { type: "number", minimum: 0, maximum: 2 },
  top_p: { type: "number", exclusiveMinimum: 0, maximum: 1 },
  top_k: { type: "integer", minimum: 0 },
  min_p: { type: "number", minimum: 0, maximum: 1 },
  max_tokens: count,
  min_tokens: count,
  ignore_eos: flag,
  presence_penalty: penalty,
  frequency_penalty: penalty,
  repetition_penalty: { type: "number", exclusiveMinimum: 0 },
  logit_bias: {
    type: "object",
    propertyNames: { type: "string", pattern: "^\\d+$" },
    additionalProperties: { type: "number", minimum: -100, maximum: 100 },
  },
  vitrine: {
    type: "object",
    properties: {
      routes: flag,
      cost: flag,
      thinking: {
        type: "object",
        properties: {
          budget: { type: "integer", minimum: 0 },
          minimum: { type: "integer", minimum: 0 },
          extend: { type: "string", minLength: 1 },
          times: { type: "integer", minimum: 0 },
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  },
} as const;

/** Whether fields fit each other. */
export function checkTogether({ stream, stream_options }: SamplingFields): void {
  if (stream_options === undefined || stream === true) return;
  throw new ApiError(
    400,
    "stream_options: expected stream: true beside it, got none. Add it, or leave the options out.",
    { param: "stream_options", code: "invalid_value" },
  );
}

const PASSED_ON = {
  temperature: "temperature",
  top_p: "topP",
  top_k: "topK",
  min_p: "minP",
  min_tokens: "minTokens",
  ignore_eos: "ignoreEos",
  presence_penalty: "presencePenalty",
  frequency_penalty: "frequencyPenalty",
  repetition_penalty: "repetitionPenalty",
} as const;

/** The fields as the engine takes them, all but the seed and the signal. */
export function generateOptions(
  fields: SamplingFields,
  maxTokens: number,
): TogetherGenerateOptions {
  const passed = Object.entries(PASSED_ON).flatMap(([field, option]) => {
    const value = fields[field as keyof typeof PASSED_ON];
    return value === undefined ? [] : [[option, value] as const];
  });
  const bias = Object.entries(fields.logit_bias ?? {}).map(([id, add]) => [Number(id), add]);
  return {
    ...Object.fromEntries(passed),
    maxTokens,
    ...(fields.stop !== undefined && { stop: [fields.stop].flat() }),
    ...(bias.length > 0 && { logitBias: Object.fromEntries(bias) }),
  };
}
