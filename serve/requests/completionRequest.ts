import type { TogetherGenerateOptions } from "../../engine/index.node.ts";
import { fieldError } from "../apiError.ts";
import { fieldChecker } from "./checkFields.ts";
import {
  checkTogether,
  generateOptions,
  MOST_LOGPROBS,
  SAMPLING_SCHEMAS,
  type SamplingFields,
} from "./samplingFields.ts";

interface CompletionFields extends SamplingFields {
  readonly prompt: string | readonly unknown[];
  readonly logprobs?: number;
}

const check = fieldChecker<CompletionFields>(
  {
    ...SAMPLING_SCHEMAS,
    prompt: { type: ["string", "array"] },
    logprobs: { type: "integer", minimum: 0, maximum: MOST_LOGPROBS },
  },
  ["model", "prompt"],
);

/** As OpenAI's endpoint has it. */
const MAX_TOKENS = 16;

/** A request for texts that go on behind prompts, read. */
export interface CompletionRequest {
  readonly fields: SamplingFields;
  /** Texts, or token ids as they are. */
  readonly prompts: readonly (string | readonly number[])[];
  readonly options: TogetherGenerateOptions;
  readonly logprobs: boolean;
}

/** @throws ApiError */
export function readCompletionRequest(body: unknown): CompletionRequest {
  const fields = check(body);
  checkTogether(fields);
  const { logprobs } = fields;
  return {
    fields,
    prompts: promptsOf(fields.prompt),
    options: {
      ...generateOptions(fields, fields.max_tokens ?? MAX_TOKENS),
      ...(logprobs !== undefined && { topLogprobs: logprobs }),
      ...(fields.vitrine?.thinking && { thinking: fields.vitrine.thinking }),
    },
    logprobs: logprobs !== undefined,
  };
}

function promptsOf(prompt: string | readonly unknown[]): CompletionRequest["prompts"] {
  if (typeof prompt === "string") return [prompt];
  if (prompt.length > 0 && prompt.every((id) => typeof id === "number"))
    return [prompt as readonly number[]];
  const isPrompt = (one: unknown) =>
    typeof one === "string" ||
    (Array.isArray(one) && one.length > 0 && one.every((id) => typeof id === "number"));
  if (prompt.length > 0 && prompt.every(isPrompt)) return prompt as CompletionRequest["prompts"];
  throw fieldError(
    "prompt",
    "a text, token ids, or a list of either",
    prompt,
    "Correct the field.",
  );
}
