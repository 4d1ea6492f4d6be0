import type { OptionNames } from "../base/checkOptions.ts";
import type { Keep } from "../plan/keptValues.ts";
import { RUN_OPTIONS, type RunOptions } from "./runOptions.ts";

/** How sequences go through the model together. */
export interface TogetherOptions {
  /** Sequences that have a cache on the device at the same time, each as long as the longest. Default 32. */
  readonly atOnce?: number;
  /** Compute once what prompts have in common at their beginnings, where that saves work; no bit differs. Default true. */
  readonly sharePrefix?: boolean;
}

export const TOGETHER_OPTIONS: OptionNames<TogetherOptions> = { atOnce: true, sharePrefix: true };

/** How `model.runAll` goes over its prompts: as `run` goes over each, with a budget for each. */
export interface RunAllOptions extends Omit<RunOptions, "profile">, TogetherOptions {}

const { profile: _, ...OF_EACH } = RUN_OPTIONS;

export const RUN_ALL_OPTIONS: OptionNames<RunAllOptions> = { ...OF_EACH, ...TOGETHER_OPTIONS };

/** What all texts of `model.together` have in common. */
export interface OpenBatchOptions {
  /** Texts that have a cache on the device at the same time; further ones wait for a place, in order. Default 32. */
  readonly atOnce?: number;
  /** Positions of the longest text, its prompt included: each place has a cache as long. Default: the model's context. */
  readonly contextLength?: number;
  /** What each text's run keeps, as in RunOptions. Default "routes". */
  readonly keep?: Keep;
  /** Sites that each text's run keeps, as in RunOptions. Default none. */
  readonly capture?: string | readonly string[];
  /** Tokens of a prompt that go through the model at once. Default 256. */
  readonly chunkSize?: number;
}

export const OPEN_BATCH_OPTIONS: OptionNames<OpenBatchOptions> = {
  atOnce: true,
  contextLength: true,
  keep: true,
  capture: true,
  chunkSize: true,
};
