import type { EditRequest } from "../act/edit.ts";
import type { OptionNames } from "../base/checkOptions.ts";
import type { JsonObject } from "../base/json.ts";
import { TOGETHER_OPTIONS, type TogetherOptions } from "../execute/batchOptions.ts";
import type { LogitsWanted } from "../execute/logitRows.ts";
import type { Keep } from "../plan/keptValues.ts";
import type { SamplingOptions } from "./samplingOptions.ts";
import { SAMPLING_RULES } from "./samplingRules.ts";
import type { ThinkingOptions } from "./thinking/thinkingOptions.ts";

/** How `model.generate` continues its input. */
export interface GenerateOptions extends SamplingOptions {
  /** At most this many; fewer where the context ends. Defaults: `model.generationDefaults`. */
  readonly maxTokens?: number;
  /** Texts that end the generation; they do not become part of it. Default: the checkpoint's stop_strings. */
  readonly stop?: readonly string[];
  /** How long the model may think before it answers: docs/thinking.md. Default: as it chooses. */
  readonly thinking?: ThinkingOptions;
  /** Go on behind end tokens, to maxTokens; for measuring. Default false. */
  readonly ignoreEos?: boolean;
  /** Fields as generation_config.json has them, in place of the checkpoint's file; `{}` leaves the file out. */
  readonly generationConfig?: JsonObject;
  /** Checked before every token; the generation then ends with finishReason "aborted". */
  readonly signal?: AbortSignal;
  /** Sites that the generation's run keeps, as in RunOptions. Default none. */
  readonly capture?: string | readonly string[];
  /** What to change in every forward pass: docs/edits.md. Drafts come from the module as it is. Default nothing. */
  readonly edits?: readonly EditRequest[];
  /** What the generation's run keeps, as in RunOptions. Default "routes". */
  readonly keep?: Keep;
  /** Bytes that may be kept by as many tokens as are allowed, as in RunOptions. Default 2 GiB. */
  readonly budget?: number;
  /** Rows of logits that the generation's run keeps, as in RunOptions; what the text does not reach is left out. Default "last". */
  readonly logits?: LogitsWanted;
  /**
   * Have the log probability of each of the prompt's tokens. With false the head computes the prompt's last row alone, and those that
   * `logits` asks for; the run then tells null of these tokens, and everything else with the same bits. Default true.
   */
  readonly promptLogprobs?: boolean;
  /** Tokens of the prompt that go through the model at once. Default 256. */
  readonly chunkSize?: number;
  /** Tell of so many likeliest tokens at the place of every generated one: `likeliest`. Not with `speculate`. Default 0. */
  readonly topLogprobs?: number;
  /** Measure every operator but those of drafts, as in RunOptions. Default false. */
  readonly profile?: boolean;
  /**
   * Speculative decoding: "mtp" drafts tokens with the checkpoint's module for multi-token prediction and verifies them in
   * one step of the model. Greedy output is the same as without; sampled output has the same distribution, but a seed
   * gives another sample of it. "auto" speculates on a hardware GPU if the bytes that its steps read promise less time a
   * token, and never on processors. Default "off": a seed's sample does not depend on the machine.
   */
  readonly speculate?: "mtp" | "off" | "auto";
  /** Tokens drafted ahead of each verification, where there is speculation. Default 1. */
  readonly draftTokens?: number;
}

const SAMPLING_OPTIONS = Object.fromEntries(
  Object.keys(SAMPLING_RULES).map((name) => [name, true]),
) as OptionNames<SamplingOptions>;

export const GENERATE_OPTIONS: OptionNames<GenerateOptions> = {
  ...SAMPLING_OPTIONS,
  maxTokens: true,
  stop: true,
  thinking: true,
  ignoreEos: true,
  generationConfig: true,
  signal: true,
  capture: true,
  edits: true,
  logits: true,
  keep: true,
  budget: true,
  chunkSize: true,
  topLogprobs: true,
  promptLogprobs: true,
  profile: true,
  speculate: true,
  draftTokens: true,
};

/** How texts are generated together. */
export interface TextsTogetherOptions extends TogetherOptions {
  /** A seed for each prompt, so that a text does not depend on its place. Default: `seed` plus the prompt's number, from 0. */
  readonly seeds?: readonly number[];
}

export const TEXTS_TOGETHER_OPTIONS: OptionNames<TextsTogetherOptions> = {
  ...TOGETHER_OPTIONS,
  seeds: true,
};

/** How `model.generateAll` continues its prompts: as `generate` continues each, with a budget for each. */
export interface GenerateAllOptions
  extends Omit<GenerateOptions, "profile">,
    TextsTogetherOptions {}

const { profile: _, ...OF_EACH } = GENERATE_OPTIONS;

export const GENERATE_ALL_OPTIONS: OptionNames<GenerateAllOptions> = {
  ...OF_EACH,
  ...TEXTS_TOGETHER_OPTIONS,
};
